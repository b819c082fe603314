import type { Pod } from './objects.ts';
import { isFinished } from './objects.ts';

/** A pod whose node is to be patched. */
export interface PatchTarget {
  pod: Pod;
  node: string;
}

export interface ZoneSchedule {
  zone: string;
  targets: PatchTarget[];
}

/** More pods than this in a zone are not patched at once; no cluster on a laptop has them. */
const maxTargets = 1_000;

/** Which pods are taken in which zone, zones in the order of their letters. Pods that have ended have nothing to lose. */
export function patchSchedule(
  pods: readonly Pod[],
  { zoneOf, zones }: { zoneOf: (node: string | undefined) => string | undefined; zones: readonly string[] | undefined },
): ZoneSchedule[] {
  const byZone = new Map<string, PatchTarget[]>((zones ?? []).map((zone) => [zone, []]));
  for (const pod of pods) {
    const zone = zoneOf(pod.spec.nodeName);
    if (zone === undefined || isFinished(pod) || pod.metadata.deletionTimestamp !== undefined) continue;
    if (zones && !zones.includes(zone)) continue;
    const targets = byZone.get(zone) ?? [];
    if (targets.length < maxTargets) targets.push({ pod, node: pod.spec.nodeName ?? '' });
    byZone.set(zone, targets);
  }
  const nameOf = ({ pod }: PatchTarget): string => `${pod.metadata.namespace}/${pod.metadata.name}`;
  return [...byZone]
    .map(([zone, targets]) => ({ zone, targets: targets.sort((a, b) => nameOf(a).localeCompare(nameOf(b))) }))
    .sort((a, b) => a.zone.localeCompare(b.zone));
}
