import { k8s } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';
import { port } from './variables.ts';

/** Said in each policy, so that nobody takes it for a wall. */
const annotations = {
  'millrace.dev/enforced':
    'No: on Fargate nothing enforces a NetworkPolicy (the VPC CNI does on EC2 nodes only). The SecurityGroupPolicy is what separates services; this says what is meant.',
};

/** What a namespace's pods may talk to, written down: nothing, but for the rules beside it. */
export function addNetworkPolicies(place: Place): void {
  const { chart, service, platform } = place;
  const add = (name: string, spec: k8s.NetworkPolicySpec): void => {
    new k8s.KubeNetworkPolicy(chart, `network-policy-${name}`, {
      metadata: metadataOf(place, { name, wave: 'config', annotations }),
      spec,
    });
  };
  add('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const vpc = [{ ipBlock: { cidr: platform.vpcCidr } }];
  add('allow-http', {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': service.name } },
    policyTypes: ['Ingress'],
    // The load balancer's addresses, other services and the kubelet, all inside the VPC.
    ingress: [{ from: vpc, ports: [tcp(port)] }],
  });
  add('allow-egress', {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': service.name } },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: [tcp(53), { ...tcp(53), protocol: 'UDP' }],
      },
      { to: vpc, ports: portsInside(place).map(tcp) },
      // AWS's endpoints and the identity provider.
      { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [tcp(443)] },
    ],
  });
}

/** Ports in the VPC that a service needs: the collector's, other services', and those of the stores that it may use. */
function portsInside({ service, platform }: Place): number[] {
  const collector = Number(new URL(platform.telemetry.otlpEndpoint).port || 443);
  const kinds = new Set(service.access.map(({ kind }) => kind));
  return [
    collector,
    port,
    ...(service.database ? [platform.aurora.port] : []),
    ...(kinds.has('cache') ? [platform.cache.port] : []),
    ...(kinds.has('warehouse') ? [platform.warehouse.port] : []),
  ].sort((a, b) => a - b);
}

const tcp = (number: number): k8s.NetworkPolicyPort => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(number) });
