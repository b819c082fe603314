import { relative } from 'node:path';
import type { Cluster } from './cluster.ts';

/** What a person wants to know once a cluster is ready. */
export function describeCluster(
  cluster: Pick<Cluster, 'environment' | 'apiServer' | 'kubeconfig' | 'control' | 'outside' | 'repository' | 'folder'>,
  facts: { branch: string; seconds: number; argocd: string; hasKubectl: boolean },
): string {
  const { branch, seconds, argocd, hasKubectl } = facts;
  const near = (path: string): string => {
    const way = relative(process.cwd(), path);
    return way.startsWith('..') ? path : way;
  };
  const kubectl = hasKubectl ? 'kubectl' : 'kubectl (not on this machine)';
  const rows: [string, string][] = [
    ['API server', cluster.apiServer],
    ['Kubeconfig', `export KUBECONFIG=${cluster.kubeconfig}`],
    ['Applications', `${kubectl} get applications`],
    ['', `${near(argocd)} app list`],
    ['Pods', `${kubectl} get pods -A`],
    ['Served', `${branch} of ${cluster.repository}: commit, and Argo CD applies it`],
    ['By hand', `${kubectl} --as=me --as-group=system:masters --as-group=millrace:break-glass …`],
    ['Fargate', `${cluster.control}/state`],
    ['Outside', `${cluster.outside}/state`],
    ['Logs', `${near(cluster.folder)}/logs/<process>.log`],
    ['For programs', `${near(cluster.folder)}/cluster.json`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  const head = `\nThe ${cluster.environment} cluster is ready (${seconds.toFixed(1)} s).\n\n`;
  return `${head}${lines.join('\n')}\n\nCtrl-C stops it; everything is kept. Applications:\n\n`;
}
