import type { PolicyRule } from './argo-cd-rights.ts';

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'patch', 'update'];

/**
 * What the Argo Rollouts controller may do: its chart's ClusterRole with the AWS Load Balancer Controller as the only provider
 * of traffic routing. Source: argo-rollouts v1.10.1, manifests/role/argo-rollouts-clusterrole.yaml, without other meshes.
 */
export const rolloutsRules: readonly PolicyRule[] = [
  {
    apiGroups: ['argoproj.io'],
    resources: ['rollouts', 'rollouts/status', 'rollouts/finalizers'],
    verbs: [...read, 'patch', 'update'],
  },
  {
    apiGroups: ['argoproj.io'],
    resources: ['analysisruns', 'analysisruns/finalizers', 'experiments', 'experiments/finalizers'],
    verbs: [...read, ...write],
  },
  { apiGroups: ['argoproj.io'], resources: ['analysistemplates', 'clusteranalysistemplates'], verbs: read },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: [...read, ...write] },
  { apiGroups: ['', 'apps'], resources: ['deployments', 'podtemplates'], verbs: [...read, 'update'] },
  { apiGroups: [''], resources: ['services'], verbs: [...read, 'patch', 'create', 'delete'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'get', 'update'] },
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: read },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'update', 'watch'] },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  {
    apiGroups: ['networking.k8s.io', 'extensions'],
    resources: ['ingresses'],
    verbs: [...read, 'create', 'patch', 'update'],
  },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: [...read, ...write] },
  { apiGroups: [''], resources: ['endpoints'], verbs: ['get'] },
  {
    apiGroups: ['elbv2.k8s.aws', 'eks.amazonaws.com'],
    resources: ['targetgroupbindings'],
    verbs: ['get', 'list'],
  },
];
