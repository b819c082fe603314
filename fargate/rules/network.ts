import { asList, asMaps, asText, fieldOf, show } from '../fields.ts';
import type { Manifest } from '../manifest.ts';
import type { Rule } from '../rule.ts';
import { containerRule, kindRule, podRule, sources, when } from '../rule.ts';
import { containersOf, namespaceOf, ofKind, selectorTakes, wordsOf } from '../workloads.ts';

const securityGroup = kindRule(
  {
    id: 'F18',
    name: 'cluster-security-group',
    severity: 'error',
    source: sources.groups,
    kinds: ['SecurityGroupPolicy'],
  },
  ({ manifest }, { clusterSecurityGroup }) => {
    const groups = asList(fieldOf(manifest, 'spec', 'securityGroups', 'groupIds'));
    return when(
      clusterSecurityGroup !== undefined && groups[0] !== clusterSecurityGroup,
      `lists ${groups.map(show).join(', ') || 'no groups'}: without the cluster's group the kubelet and CoreDNS are not reached.`,
      `Write groupIds: [${clusterSecurityGroup}, …]. Where rules open the own group to CoreDNS, kubelet and API server, listing it alone is right: leave out --cluster-security-group.`,
    );
  },
);

const networkPolicy = kindRule(
  {
    id: 'F19',
    name: 'network-policy',
    severity: 'note',
    source: 'EKS user guide, eks-networking-add-ons',
    kinds: ['NetworkPolicy'],
  },
  ({ manifest }, set) => {
    const groups = ofKind(set, 'SecurityGroupPolicy').filter(
      (each) => namespaceOf(each.manifest) === namespaceOf(manifest),
    );
    return when(
      true,
      `does nothing here: the VPC CNI enforces it on EC2 only${groups.length > 0 ? '; a SecurityGroupPolicy stands in this namespace' : ''}.`,
      'Keep it as documentation, and restrict traffic with a SecurityGroupPolicy.',
    );
  },
);

const annotation = (manifest: Manifest, name: string): string | undefined =>
  Object.hasOwn(manifest.metadata.annotations ?? {}, name) ? manifest.metadata.annotations?.[name] : undefined;

const loadBalancer = kindRule(
  {
    id: 'F21',
    name: 'load-balancer',
    severity: 'error',
    source: sources.fargate,
    kinds: ['Service'],
  },
  ({ manifest }) => {
    const prefix = 'service.beta.kubernetes.io/aws-load-balancer';
    const isByAddress =
      annotation(manifest, `${prefix}-nlb-target-type`) === 'ip' || annotation(manifest, `${prefix}-type`) === 'nlb-ip';
    return when(
      fieldOf(manifest, 'spec', 'type') === 'LoadBalancer' && !isByAddress,
      'is a LoadBalancer that targets instances: Fargate pods have none, so it has no targets.',
      `Write the annotations ${prefix}-type: external and ${prefix}-nlb-target-type: ip, or use ClusterIP and an Ingress.`,
    );
  },
);

const nodePort = kindRule(
  {
    id: 'F21',
    name: 'node-port',
    severity: 'error',
    source: sources.fargate,
    kinds: ['Service'],
  },
  ({ manifest }) =>
    when(
      fieldOf(manifest, 'spec', 'type') === 'NodePort',
      'is a NodePort: no port of a Fargate node is reached.',
      'Write type: ClusterIP, and an Ingress with target-type ip.',
    ),
);

const targetType = kindRule(
  {
    id: 'F21',
    name: 'ingress-target',
    severity: 'error',
    source: sources.fargate,
    kinds: ['Ingress'],
  },
  ({ manifest }) => {
    const className =
      asText(fieldOf(manifest, 'spec', 'ingressClassName')) ?? annotation(manifest, 'kubernetes.io/ingress.class');
    const type = annotation(manifest, 'alb.ingress.kubernetes.io/target-type');
    return when(
      className === 'alb' && type !== 'ip',
      `has target-type ${show(type ?? 'instance')}: an ALB on Fargate takes addresses only.`,
      'Write the annotation alb.ingress.kubernetes.io/target-type: ip.',
    );
  },
);

const controllerRegion = containerRule(
  {
    id: 'F21',
    name: 'controller-region',
    severity: 'error',
    source: 'EKS user guide, eks-networking-add-ons',
  },
  (container) => {
    if (!/aws-load-balancer-controller[:@]/.test(asText(container.image) ?? '')) return [];
    const words = wordsOf(container);
    const missing = ['--aws-region', '--aws-vpc-id'].filter((flag) => !words.some((word) => word.startsWith(flag)));
    return when(
      missing.length > 0,
      `is the AWS Load Balancer Controller without ${missing.join(' and ')}: it cannot ask the node, there is no IMDS.`,
      'Set region and vpcId in its chart.',
    );
  },
);

/** The kubelet of the pod's own node listens there. */
const kubeletPort = 10250;

const kubeletClash = podRule(
  {
    id: 'F25',
    name: 'kubelet-port',
    severity: 'error',
    source: 'kubernetes-sigs/metrics-server#1271; aws/containers-roadmap#1798',
  },
  ({ template: { spec } }) => {
    const named = containersOf(spec).filter(
      ({ container }) =>
        asMaps(container.ports).some(({ containerPort }) => containerPort === kubeletPort) ||
        wordsOf(container).some((word) => /^--secure-port=10250$/.test(word)),
    );
    return named.map(({ name }) => ({
      message: `container ${name} listens on ${kubeletPort}, where the kubelet of a Fargate node listens already.`,
      fix: 'Choose another port (metrics-server: containerPort 4443 and --secure-port=4443, in its chart containerPort).',
    }));
  },
);

const policySelects = kindRule(
  {
    id: 'F18',
    name: 'policy-selects',
    severity: 'warning',
    source: sources.groups,
    kinds: ['SecurityGroupPolicy'],
  },
  ({ manifest }, { workloads }) => {
    const selector = fieldOf(manifest, 'spec', 'podSelector');
    const accounts = fieldOf(manifest, 'spec', 'serviceAccountSelector');
    const takes = workloads.some(
      ({ namespace, template }) => namespace === namespaceOf(manifest) && selectorTakes(selector, template.labels),
    );
    return when(
      accounts === undefined && !takes,
      'selects no pod of these manifests: they keep the group of the cluster.',
      "Write a podSelector that takes the workload's labels, in its namespace; recreate the pods afterwards.",
    );
  },
);

/** F18, F19, F21, F25: how pods are reached. */
export const networkRules: readonly Rule[] = [
  securityGroup,
  policySelects,
  networkPolicy,
  loadBalancer,
  nodePort,
  targetType,
  controllerRegion,
  kubeletClash,
];
