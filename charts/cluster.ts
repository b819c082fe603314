import { environments } from '@millrace/catalog/environments.ts';
import { fargateSizes } from '@millrace/catalog/fargate.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Chart } from 'cdk8s';
import { ConfigMap, k8s } from 'cdk8s-plus-29';
import { addAdmission } from './admission.ts';
import { addLogging } from './logging.ts';
import { addNamespaceObject, podSecurityLabels } from './namespace.ts';
import { waveAnnotation, waves } from './place.ts';
import { priorityClass } from './pod.ts';
import type { RenderInput } from './rendered.ts';

/** Where the admission policies find what is allowed in this environment. */
export const policyNamespace = 'millrace-policy';
export const policyParameters = 'platform-policy';

/** What the cluster has once, whatever services run in it. */
export function addClusterParts(chart: Chart, { environment, platform, admission }: RenderInput): void {
  const labels = {
    'app.kubernetes.io/name': 'millrace-cluster',
    'app.kubernetes.io/component': 'cluster',
    'app.kubernetes.io/part-of': 'millrace',
    'app.kubernetes.io/managed-by': 'argocd',
    'app.kubernetes.io/version': platform.cluster.version,
    'millrace.dev/owner': 'platform',
    'millrace.dev/data-class': 'internal',
    'millrace.dev/environment': environment,
  };
  addLogging(chart, platform, labels);
  addPriorityClasses(chart, labels);
  addNamespaceObject(chart, {
    name: policyNamespace,
    labels: { ...labels, ...podSecurityLabels(platform.cluster.version) },
  });
  new ConfigMap(chart, policyParameters, {
    metadata: {
      name: policyParameters,
      namespace: policyNamespace,
      labels,
      annotations: { [waveAnnotation]: String(waves.identity) },
    },
    data: policyParametersOf(platform),
  });
  const parameters = { name: policyParameters, namespace: policyNamespace };
  if (admission) addAdmission(chart, { admission, environment, labels, parameters });
}

/** The parameters of the admission policies: texts, lists separated by commas. */
export function policyParametersOf(platform: Platform): Record<string, string> {
  const { edge, cluster, services } = platform;
  const sizes = fargateSizes.flatMap(({ vcpu, memoryMib }) => memoryMib.map((mib) => `${vcpu * 1000}m/${mib}Mi`));
  return {
    account: platform.account,
    allowedSecurityGroups: Object.values(services)
      .map(({ securityGroupId }) => securityGroupId)
      .sort()
      .join(','),
    clusterSecurityGroup: cluster.securityGroupId,
    domain: environments[platform.environment].domain,
    environment: platform.environment,
    fargateSizes: sizes.join(','),
    region: platform.region,
    registry: platform.registry,
    sslPolicies: edge.sslPolicy,
    wafAclArn: edge.wafAclArn,
  };
}

const priorities = [
  { name: priorityClass.serving, value: 100_000, description: 'People wait for these pods.' },
  {
    name: priorityClass.background,
    value: 10_000,
    description: 'Queues keep the work of these pods until they are back.',
  },
];

/** On Fargate each pod has a node of its own and nothing is preempted; the classes count once a service moves to EC2 nodes. */
function addPriorityClasses(chart: Chart, labels: Record<string, string>): void {
  for (const { name, value, description } of priorities) {
    new k8s.KubePriorityClass(chart, name, {
      metadata: { name, labels, annotations: { [waveAnnotation]: String(waves.identity) } },
      value,
      description: `${description} On Fargate it changes nothing: each pod has a node of its own.`,
      globalDefault: false,
      preemptionPolicy: 'Never',
    });
  }
}
