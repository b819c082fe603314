import type { ProcessPlan } from './child.ts';
import type { ProcessName, Workplace } from './process-names.ts';
import { answersHttp } from './ready.ts';
import { kubeconfigFile } from './users.ts';

export const argoRolloutsPorts = ['rolloutsMetrics', 'rolloutsHealth'] as const;

/** The real controller of canaries. What it asks of AWS ends at the outside's proxy, so its keys open nothing. */
export function argoRolloutsPlan(facts: {
  folder: string;
  workplace: Workplace;
  program: string;
  region: string;
  ports: Record<(typeof argoRolloutsPorts)[number], number>;
  outside: Record<string, string>;
}): ProcessPlan<ProcessName> {
  const place = facts.workplace('argo-rollouts');
  return {
    ...place,
    program: facts.program,
    words: [
      `--kubeconfig=${kubeconfigFile(facts.folder, 'argo-rollouts')}`,
      '--leader-elect=false',
      `--metricsPort=${facts.ports.rolloutsMetrics}`,
      `--healthzPort=${facts.ports.rolloutsHealth}`,
    ],
    environment: {
      ...place.environment,
      ...facts.outside,
      AWS_REGION: facts.region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    isReady: () => answersHttp(`http://127.0.0.1:${facts.ports.rolloutsHealth}/healthz`),
  };
}
