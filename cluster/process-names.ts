import type { ProcessPlan } from './child.ts';

/** The programs of a cluster. */
export const processNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'fargate',
  'outside',
  'redis',
  'argocd-repo-server',
  'argocd-application-controller',
  'argocd-applicationset-controller',
  'argocd-server',
  'argo-rollouts',
] as const;
export type ProcessName = (typeof processNames)[number];

/** What every plan of a cluster has alike: its folder, its log, what it inherits. */
export type Workplace = (
  name: ProcessName,
) => Pick<ProcessPlan<ProcessName>, 'name' | 'environment' | 'folder' | 'logFile'>;
