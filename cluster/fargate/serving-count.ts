import { selectorTakes } from '@millrace/fargate/workloads.ts';
import type { ObjectCache } from './object-cache.ts';
import type { KubeObject, Pod } from './objects.ts';
import { isServing } from './objects.ts';
import { isLasting, workloadOf } from './workload-name.ts';

/** The smallest number of ready pods that was seen of a workload or behind a Service. */
export interface ServingLow {
  kind: string;
  namespace: string;
  name: string;
  /** Ready pods at the start. */
  replicas: number;
  podsLeft: number;
  hasDowntime: boolean;
}

export interface ServingCount {
  /** Whether as many are ready again as at the start, everywhere. */
  isWhole(): boolean;
  workloads(): ServingLow[];
  services(): ServingLow[];
  stop(): void;
}

export interface Service extends KubeObject {
  spec: { selector?: Record<string, string> };
}

interface Row {
  kind: string;
  namespace: string;
  name: string;
  takes: (pod: Pod) => boolean;
  replicas: number;
  now: number;
  low: number;
}

/**
 * Counts the ready pods after every change that the API server tells of. Nothing is missed between two looks: a watch
 * brings each change, in order.
 */
export function countServing(pods: ObjectCache<Pod>, services: readonly Service[]): ServingCount {
  const rows = [...workloadRows(pods.list()), ...serviceRows(services)];
  const count = ({ takes }: Row): number => pods.list().filter((pod) => isServing(pod) && takes(pod)).length;
  for (const row of rows) {
    row.replicas = count(row);
    row.now = row.replicas;
    row.low = row.replicas;
  }
  const counted = rows.filter(({ replicas }) => replicas > 0);
  let isStopped = false;
  pods.onChange((pod) => {
    if (isStopped) return;
    for (const row of counted.filter(({ takes }) => takes(pod))) {
      row.now = count(row);
      row.low = Math.min(row.low, row.now);
    }
  });
  const lows = (isOf: (kind: string) => boolean): ServingLow[] =>
    counted
      .filter(({ kind }) => isOf(kind))
      .map(({ kind, namespace, name, replicas, low }) => {
        return { kind, namespace, name, replicas, podsLeft: low, hasDowntime: low === 0 };
      })
      .sort((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));
  return {
    isWhole: () => counted.every(({ now, replicas }) => now >= replicas),
    workloads: () => lows((kind) => kind !== 'Service'),
    services: () => lows((kind) => kind === 'Service'),
    stop: () => {
      isStopped = true;
    },
  };
}

function workloadRows(pods: readonly Pod[]): Row[] {
  const rows = new Map<string, Row>();
  for (const pod of pods.filter(isLasting)) {
    const workload = workloadOf(pod);
    const key = keyText(workload);
    rows.set(key, { ...workload, takes: (other) => keyText(workloadOf(other)) === key, replicas: 0, now: 0, low: 0 });
  }
  return [...rows.values()];
}

const keyText = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string =>
  `${kind}/${namespace}/${name}`;

function serviceRows(services: readonly Service[]): Row[] {
  return services.flatMap(({ metadata, spec }) => {
    const matchLabels = spec.selector ?? {};
    if (Object.keys(matchLabels).length === 0) return [];
    const { namespace = 'default', name } = metadata;
    const takes = (pod: Pod): boolean =>
      pod.metadata.namespace === namespace && selectorTakes({ matchLabels }, pod.metadata.labels ?? {});
    return [{ kind: 'Service', namespace, name, takes, replicas: 0, now: 0, low: 0 }];
  });
}
