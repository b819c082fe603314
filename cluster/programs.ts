import { findTool } from '@millrace/policies/tools/build-tool.ts';

/** The programs of other people that a cluster runs, by what they are here. */
const toolNames = {
  etcd: 'etcd',
  apiServer: 'kube-apiserver',
  controllerManager: 'kube-controller-manager',
  argocd: 'argocd',
  rollouts: 'rollouts-controller',
  redis: 'redis-server',
} as const;
export type Programs = Record<keyof typeof toolNames, string>;

/** Their paths, after building what is not there yet: one after the other, because each build takes every processor. */
export async function findPrograms(): Promise<Programs> {
  const paths: [string, string][] = [];
  for (const [name, tool] of Object.entries(toolNames)) paths.push([name, await findTool(tool)]);
  return Object.fromEntries(paths) as Programs;
}
