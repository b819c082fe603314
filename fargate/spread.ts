import { zoneLabel } from '@millrace/catalog/profiles.ts';
import type { FargateSet, Workload } from './workloads.ts';

/** Where the pods of one workload, or of the slices of one, can land. */
export interface Spread {
  namespace: string;
  /** The workload's name, or what its slices have in common. */
  name: string;
  workloads: readonly Workload[];
  replicas: number;
  /** Replicas by zone, when every part is bound to one zone. */
  perZone: Readonly<Record<string, number>> | undefined;
  /** Whether one zone can hold all of two or more replicas. */
  canShareOneZone: boolean;
}

/** The zones that a workload's profile has; undefined when the profile or its zones are not known. */
export function zonesOfWorkload({ match }: Workload): readonly string[] | undefined {
  if (match?.outcome !== 'matched' || match.profile.zones.length === 0) return undefined;
  return match.profile.zones;
}

/** Every workload that runs all the time, slices of one taken together. */
export function spreadOf({ workloads }: Pick<FargateSet, 'workloads'>): Spread[] {
  const groups = new Map<string, Workload[]>();
  for (const workload of workloads.filter(({ isEndless, manifest }) => isEndless && manifest.kind !== 'DaemonSet')) {
    const id = `${workload.namespace}\0${groupName(workload)}`;
    groups.set(id, [...(groups.get(id) ?? []), workload]);
  }
  return [...groups.entries()].map(([id, members]) => spreadOfGroup(id.split('\0')[1] ?? '', members));
}

function spreadOfGroup(name: string, workloads: readonly Workload[]): Spread {
  const replicas = workloads.reduce((sum, workload) => sum + workload.replicas, 0);
  const perZone: Record<string, number> = {};
  let isBound = true;
  for (const workload of workloads) {
    const zones = zonesOfWorkload(workload);
    const [zone] = zones ?? [];
    if (zone === undefined || zones?.length !== 1) isBound = false;
    else perZone[zone] = (Object.hasOwn(perZone, zone) ? (perZone[zone] ?? 0) : 0) + workload.replicas;
  }
  const usedZones = Object.values(perZone).filter((count) => count > 0).length;
  return {
    namespace: workloads[0]?.namespace ?? '',
    name,
    workloads,
    replicas,
    perZone: isBound ? perZone : undefined,
    canShareOneZone: replicas >= 2 && !(isBound && usedZones >= 2),
  };
}

/** Slices are called `<workload>-<slice>` and carry the slice in a label; everything else stands for itself. */
function groupName({ manifest, template }: Workload): string {
  const { name } = manifest.metadata;
  const slice = Object.hasOwn(template.labels, zoneLabel) ? template.labels[zoneLabel] : undefined;
  const ending = `-${slice}`;
  const plain = slice !== undefined && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
  return `${manifest.kind} ${plain}`;
}
