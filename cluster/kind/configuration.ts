import { stringify } from 'yaml';

/** Kubernetes 1.35, as kind v0.33 brings it; other versions of kind mostly take it too. */
export const nodeImage = 'kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0';

/** The cluster's name in kind, by which it is deleted. */
export const kindName = (environment: string): string => `millrace-${environment}`;

/** One node: what differs from EKS on Fargate is played without Docker, not here. */
export function kindConfiguration(environment: string): string {
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: kindName(environment),
    networking: { apiServerAddress: '127.0.0.1' },
    nodes: [{ role: 'control-plane', image: nodeImage }],
  });
}
