import type { Repository } from './repository.ts';

/** Something that a service brings and its AppProject does not let in. */
export interface Intrusion {
  /** Whose folder it lies in, and whose Application therefore brings it. */
  service: string;
  file: string;
  /** Where it would be in the cluster. */
  path: string;
  /** What Argo CD says of it. */
  message: RegExp;
  text: string;
}

const name = 'intruder';
const manifest = (kind: string, facts: object): string =>
  `${JSON.stringify({ kind, ...facts, metadata: { name, ...(facts as { metadata?: object }).metadata } }, null, 2)}\n`;

/** An object in another service's namespace, a Secret, and a ClusterRole, each in another service's folder. */
export const intrusions: readonly Intrusion[] = [
  {
    service: 'notification',
    file: 'configmap-intruder.yaml',
    path: `/api/v1/namespaces/order/configmaps/${name}`,
    message: /namespace order is not permitted in project 'notification'/,
    text: manifest('ConfigMap', { apiVersion: 'v1', metadata: { namespace: 'order' }, data: {} }),
  },
  {
    service: 'product',
    file: 'secret-intruder.yaml',
    path: `/api/v1/namespaces/product/secrets/${name}`,
    message: /resource :Secret is not permitted in project product/,
    text: manifest('Secret', { apiVersion: 'v1', metadata: { namespace: 'product' } }),
  },
  {
    service: 'payment',
    file: 'clusterrole-intruder.yaml',
    path: `/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`,
    message: /resource rbac\.authorization\.k8s\.io:ClusterRole is not permitted in project payment/,
    text: manifest('ClusterRole', { apiVersion: 'rbac.authorization.k8s.io/v1', rules: [] }),
  },
];

/** An Application of one service that would write into the namespace of another. */
export function reachingApplication(repository: Repository): string {
  const [service, other] = ['user', 'order'];
  const remote = /repository": "([^"]+)"/.exec(repository.git('show', 'HEAD:catalog/platform.dev.json'))?.[1];
  return manifest('Application', {
    apiVersion: 'argoproj.io/v1alpha1',
    metadata: { namespace: 'argocd' },
    spec: {
      project: service,
      source: { repoURL: remote, targetRevision: 'main', path: `manifests/dev/${service}` },
      destination: { server: 'https://kubernetes.default.svc', namespace: other },
      syncPolicy: { automated: {} },
    },
  });
}
