import type { PatchDay } from '@millrace/fargate/patch-day.ts';
import type { PatchedPod } from './eviction.ts';
import { evictPod } from './eviction.ts';
import { isFargateNode, zoneOfNode } from './node-object.ts';
import { keyOf } from './objects.ts';
import { expectPatchDay, readServices } from './patch-day-plan.ts';
import type { PatchTarget } from './patch-schedule.ts';
import { patchSchedule } from './patch-schedule.ts';
import type { ServingCount, ServingLow } from './serving-count.ts';
import { countServing } from './serving-count.ts';
import type { World } from './world.ts';

/** A zone's part of the schedule. */
export interface PatchedZone {
  zone: string;
  startedAt: string;
  endedAt: string | undefined;
  pods: PatchedPod[];
}

/** What a patch day did, or is doing. */
export interface PatchDayReport {
  startedAt: string;
  endedAt: string | undefined;
  deadlineMs: number;
  zones: PatchedZone[];
  workloads: ServingLow[];
  services: ServingLow[];
  /** What the planner says of the same objects, before anything is run. */
  expected: PatchDay;
}

export interface PatchDayOptions {
  /** Letters; all of them unless said. */
  zones: readonly string[] | undefined;
  /** For each zone: what is not evicted by then is deleted. AWS gives days. */
  deadlineMs: number;
}

const pollMs = 50;
/** How long a zone's pods may take to be gone, and their successors to be ready, before the next zone begins. */
const settleMs = 30_000;

/**
 * Plays the day on which AWS patches Fargate's nodes: zone by zone, the pods that ran when it began are evicted, as their
 * budgets allow; what is still there at the deadline is deleted. Pods that come in the meantime are on new nodes, which
 * are patched already. Source: EKS user guide, nodes/fargate-pod-patching. `onProgress` is given the report as it grows.
 */
export async function playPatchDay(
  world: World,
  { zones, deadlineMs }: PatchDayOptions,
  onProgress: (report: PatchDayReport) => void,
): Promise<PatchDayReport> {
  const [services, expected] = await Promise.all([readServices(world), expectPatchDay(world)]);
  const zoneOf = (name: string | undefined): string | undefined => {
    const node = world.nodes.get(name ?? '');
    return node && isFargateNode(node) ? zoneOfNode(node) : undefined;
  };
  const schedule = patchSchedule(world.pods.list(), { zoneOf, zones });
  const count = countServing(world.pods, services);
  const report: PatchDayReport = {
    startedAt: new Date().toISOString(),
    endedAt: undefined,
    deadlineMs,
    zones: [],
    workloads: [],
    services: [],
    expected,
  };
  try {
    for (const { zone, targets } of schedule) {
      const part: PatchedZone = { zone, startedAt: new Date().toISOString(), endedAt: undefined, pods: [] };
      report.zones.push(part);
      onProgress(report);
      part.pods = await patchZone(world, { targets, deadlineMs, count });
      part.endedAt = new Date().toISOString();
      Object.assign(report, { workloads: count.workloads(), services: count.services() });
    }
    report.endedAt = new Date().toISOString();
    return report;
  } finally {
    count.stop();
  }
}

async function patchZone(
  world: World,
  { targets, deadlineMs, count }: { targets: readonly PatchTarget[]; deadlineMs: number; count: ServingCount },
): Promise<PatchedPod[]> {
  const untilMs = performance.now() + deadlineMs;
  const patched = await Promise.all(targets.map((target) => evictPod(world.users.manager, target, untilMs)));
  const isOver = (): boolean =>
    count.isWhole() && targets.every(({ pod }) => world.pods.get(keyOf(pod))?.metadata.uid !== pod.metadata.uid);
  const settledMs = performance.now() + settleMs;
  while (!isOver() && performance.now() < settledMs) await new Promise((resolve) => setTimeout(resolve, pollMs));
  return patched;
}
