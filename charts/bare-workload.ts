/** A place where a pod is made past our own constructs. */
export interface BareWorkload {
  path: string;
  line: number;
  message: string;
}

/** The only files that may make pods: what they make is sized, hardened and named. */
export const makers = new Set(['charts/workload.ts', 'charts/hook-job.ts']);

const kinds = 'Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|CronJob|Job|Pod';
const ownName = new RegExp(`^(?:Kube)?(?:${kinds})$`);
const memberUse = new RegExp(`\\.(?:Kube)?(?:${kinds})\\b(?=\\s*\\()`, 'g');
const plainObject = new RegExp(`\\bnew ApiObject\\([^;]{0,300}?\\bkind:\\s*['"\`](?:${kinds}|Rollout)['"\`]`, 'g');
const imports = /import\s+(?!type\b)(?:\*\s+as\s+\w+|\{([^}]*)\})\s+from\s+['"]cdk8s-plus-29[^'"]*['"]/g;

/**
 * Finds pods that cdk8s-plus would make by itself: it asks for 1 vCPU and 512 MiB and may use more, which Fargate bills four
 * times as high as the smallest size, and it fails the restricted Pod Security Standard (fargate.md, gitops-cluster.md).
 */
export function bareWorkloads(file: { path: string; text: string }): BareWorkload[] {
  const { path, text } = file;
  if (makers.has(path) || !/['"](?:cdk8s|cdk8s-plus-29)(?:\/[^'"]*)?['"]/.test(text)) return [];
  const imported = [...text.matchAll(imports)].flatMap((match) =>
    (match[1] ?? '')
      .split(',')
      .map((name) => name.trim().split(/\s+as\s+/)[0] ?? '')
      .filter((name) => ownName.test(name))
      .map((name) => ({ at: match.index, what: name })),
  );
  const used = [...text.matchAll(memberUse), ...text.matchAll(plainObject)].map((match) => ({
    at: match.index,
    what: match[0].replace(/^\./, '').replace(/\([\s\S]*kind:/, ' of kind'),
  }));
  return [...imported, ...used].map(({ at, what }) => ({
    path,
    line: text.slice(0, at).split('\n').length,
    message: `${what} makes a bare pod. Call addWorkload of charts/workload.ts, which sizes and hardens it.`,
  }));
}
