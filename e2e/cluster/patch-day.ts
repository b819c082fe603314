import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '@millrace/cluster/cluster.ts';
import { selectorTakes } from '@millrace/fargate/workloads.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import { isReady, listObjects } from './objects.ts';
import { seconds } from './patience.ts';

/** What the simulated Fargate says of a patch day, and what the API server told all the while. */
export interface PatchDayReport {
  zones: PatchedZone[];
  services: { namespace: string; name: string; replicas: number; podsLeft: number; hasDowntime: boolean }[];
  budgets: BudgetSeen[];
  /** The schedule, for a person. */
  lines: string[];
}

interface PatchedZone {
  zone: string;
  startedAt: string;
  endedAt: string;
  pods: { namespace: string; name: string; outcome: string; attempts: number; waitedMs: number }[];
}

/** A PodDisruptionBudget, and the fewest ready pods that it had. */
export interface BudgetSeen {
  id: string;
  /** How many must be ready at any time. */
  least: number;
  fewest: number;
}

interface Budget extends KubernetesObject {
  spec: { maxUnavailable?: number; minAvailable?: number; selector: object };
  status?: { expectedPods?: number };
}

const zoneDeadlineMs = seconds(60);
const deadlineMs = seconds(170);
const lookMs = 100;

/** Patches every zone's nodes, one zone after the other, and counts ready pods all the while. */
export async function playPatchDay(cluster: Cluster): Promise<PatchDayReport> {
  const startedAt = performance.now();
  const budgets = await listObjects<Budget>(cluster.api, '/apis/policy/v1/poddisruptionbudgets');
  const seen = budgets.map(seenOf);
  const over = new AbortController();
  const counting = countReady(cluster, { budgets, seen, signal: over.signal });
  try {
    const { zones, services } = await requestPatchDay(cluster);
    return { zones, services, budgets: seen, lines: linesOf({ zones, seen, startedAt }) };
  } finally {
    over.abort();
    await counting;
  }
}

async function requestPatchDay(cluster: Cluster): Promise<Pick<PatchDayReport, 'zones' | 'services'>> {
  const response = await fetch(`${cluster.control}/patch-day`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ deadlineMs: zoneDeadlineMs }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the patch day answered ${response.status}: ${text}`);
  return JSON.parse(text) as Pick<PatchDayReport, 'zones' | 'services'>;
}

function seenOf({ metadata, spec, status }: Budget): BudgetSeen {
  const expected = status?.expectedPods ?? 0;
  const least = spec.minAvailable ?? expected - (spec.maxUnavailable ?? 0);
  return { id: `${metadata.namespace}/${metadata.name}`, least, fewest: expected };
}

async function countReady(
  { api }: Cluster,
  facts: { budgets: readonly Budget[]; seen: BudgetSeen[]; signal: AbortSignal },
): Promise<void> {
  const until = performance.now() + deadlineMs;
  while (!facts.signal.aborted && performance.now() < until) {
    const pods = await listObjects<Pod>(api, '/api/v1/pods');
    const ready = pods.filter((pod) => isReady(pod) && !pod.metadata.deletionTimestamp);
    for (const [index, { metadata, spec }] of facts.budgets.entries()) {
      const own = ready.filter(
        (pod) =>
          pod.metadata.namespace === metadata.namespace && selectorTakes(spec.selector, pod.metadata.labels ?? {}),
      );
      const seen = facts.seen[index];
      if (seen) seen.fewest = Math.min(seen.fewest, own.length);
    }
    await delay(lookMs);
  }
}

function linesOf(facts: { zones: readonly PatchedZone[]; seen: readonly BudgetSeen[]; startedAt: number }): string[] {
  const took = ((performance.now() - facts.startedAt) / 1000).toFixed(1);
  const zones = facts.zones.map(({ zone, startedAt, endedAt, pods }) => {
    const took = ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1);
    const again = pods.filter(({ attempts }) => attempts > 1).length;
    const longest = (Math.max(0, ...pods.map(({ waitedMs }) => waitedMs)) / 1000).toFixed(1);
    const outcomes = [...new Set(pods.map(({ outcome }) => outcome))].join(', ') || 'nothing to do';
    return `patch day, zone ${zone}: ${pods.length} pods in ${took} s (${outcomes}; ${again} waited for a budget, ${longest} s at most)`;
  });
  const budgets = facts.seen.map(({ id, least, fewest }) => `${id} ${fewest} of at least ${least}`).join(', ');
  return [...zones, `patch day: ${took} s in all; fewest ready pods: ${budgets}`];
}
