import { services } from '@millrace/catalog/services.ts';
import type { PolicyRule } from '@millrace/charts/delivery/argo-cd-rights.ts';
import { argoCdRules, argoCdServerRules } from '@millrace/charts/delivery/argo-cd-rights.ts';
import { rolloutsRules } from '@millrace/charts/delivery/rollouts-rights.ts';
import type { ModuleObject } from '@millrace/policies/schemas/module-documents.ts';
import { readModuleObjects } from '@millrace/policies/schemas/module-documents.ts';
import { argoCdSource, releaseOf } from './argo-cd-configuration.ts';
import type { KubernetesObject } from './objects.ts';

const read = ['get', 'list', 'watch'];
const rbac = 'rbac.authorization.k8s.io';

const of = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});

/** What AWS gives its own parts on EKS, as far as the simulation plays them; each is a user that it impersonates. */
const simulated: Record<string, { user: string; rules: readonly PolicyRule[] }> = {
  'eks:fargate-scheduler': {
    user: 'eks:fargate-scheduler',
    rules: [
      of('', ['pods'], read),
      of('', ['pods/binding', 'events'], ['create']),
      of('', ['pods/status'], ['patch']),
      of('', ['nodes'], [...read, 'create', 'delete']),
      of('', ['persistentvolumeclaims', 'persistentvolumes'], ['get', 'list']),
    ],
  },
  'eks:fargate-manager': {
    user: 'eks:fargate-manager',
    rules: [
      of('', ['pods'], [...read, 'delete']),
      of('', ['pods/status', 'nodes/status'], ['patch']),
      of('', ['pods/eviction', 'events'], ['create']),
      of('', ['nodes'], [...read, 'create', 'patch', 'delete']),
      of('coordination.k8s.io', ['leases'], ['get', 'create', 'patch', 'update']),
      of('', ['services'], ['get', 'list']),
      of('apps', ['deployments', 'statefulsets', 'replicasets'], ['get', 'list']),
      of('batch', ['jobs'], ['get', 'list']),
      of('autoscaling', ['horizontalpodautoscalers'], ['get', 'list']),
      of('policy', ['poddisruptionbudgets'], ['get', 'list']),
      of('argoproj.io', ['rollouts'], ['get', 'list']),
      of('keda.sh', ['scaledobjects'], ['get', 'list']),
    ],
  },
  'keda-operator': {
    user: 'system:serviceaccount:keda:keda-operator',
    rules: [
      of('keda.sh', ['scaledobjects'], read),
      of('keda.sh', ['scaledobjects/status'], ['patch']),
      of('apps', ['deployments/scale', 'statefulsets/scale'], ['get', 'update']),
      of('argoproj.io', ['rollouts/scale'], ['get', 'update']),
      of('', ['events'], ['create']),
    ],
  },
  'aws-load-balancer-controller': {
    user: 'system:serviceaccount:kube-system:aws-load-balancer-controller',
    rules: [
      of('networking.k8s.io', ['ingresses'], read),
      of('networking.k8s.io', ['ingresses/status'], ['patch']),
      of('', ['pods'], read),
      of('', ['pods/status'], ['patch']),
    ],
  },
};

/** The horizontal autoscaler's own role knows every scale but is called by its controller, which the simulation plays. */
export function simulatedRights(): KubernetesObject[] {
  return Object.entries(simulated).flatMap(([name, { user, rules }]) => clusterRights(name, { user, rules }));
}

/** What Argo CD's and Argo Rollouts' programs may do in the whole cluster: what their add-ons are given in the cloud. */
export function deliveryRights(): KubernetesObject[] {
  const of = (namespace: string, name: string, rules: readonly PolicyRule[]): KubernetesObject[] =>
    clusterRights(name, { user: `system:serviceaccount:${namespace}:${name}`, rules });
  return [
    ...of('argocd', 'argocd-application-controller', argoCdRules(services)),
    ...of('argocd', 'argocd-server', argoCdServerRules),
    ...of('argo-rollouts', 'argo-rollouts', rolloutsRules),
  ];
}

/** A ClusterRole and its binding to one user. */
function clusterRights(name: string, facts: { user: string; rules: readonly PolicyRule[] }): KubernetesObject[] {
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name };
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules: facts.rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef,
      subjects: [{ apiGroup: rbac, kind: 'User', name: facts.user }],
    },
  ];
}

const sources = [
  {
    namespace: 'argocd',
    ...argoCdSource,
    files: [
      'application-controller-roles/argocd-application-controller',
      'applicationset-controller/argocd-applicationset-controller',
      'server/argocd-server',
    ]
      .flatMap((stem) => [`${stem}-sa`, `${stem}-role`, `${stem}-rolebinding`])
      .map((file) => `manifests/base/${file}.yaml`),
  },
  {
    namespace: 'argo-rollouts',
    ...releaseOf('github.com/argoproj/argo-rollouts'),
    files: ['manifests/base/argo-rollouts-sa.yaml'],
  },
] as const;

/** Service accounts of Argo CD's and Argo Rollouts' programs, with what their own releases let them do in their namespace. */
export async function argoRights(): Promise<KubernetesObject[]> {
  const placed = sources.map(async ({ namespace, ...source }) =>
    (await readModuleObjects([source])).map((object) => inNamespace(object, namespace)),
  );
  return (await Promise.all(placed)).flat();
}

/** Releases leave the namespace to Kustomize: it belongs on the object and on the accounts that a binding names. */
function inNamespace(object: ModuleObject, namespace: string): KubernetesObject {
  const isOfCluster = object.kind.startsWith('Cluster');
  const subjects = (object['subjects'] as object[] | undefined)?.map((subject) => ({ ...subject, namespace }));
  return {
    ...object,
    metadata: { ...object.metadata, ...(!isOfCluster && { namespace }) },
    ...(subjects && { subjects }),
  };
}
