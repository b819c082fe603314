import type { Fault } from '@millrace/catalog/fault.ts';
import { planProfiles, slicesOf, zoneLabel } from '@millrace/catalog/profiles.ts';
import { matchProfile } from '@millrace/fargate/profiles.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { PodMaker } from './objects.ts';
import { deployments, faultOf, podCounts, slicesOfWorkload } from './objects.ts';

/**
 * X201 to X203: a workload that is to be spread has a Deployment in each of its zones, each in a profile of that zone
 * alone, in two zones at least. Fargate ignores affinity and spread constraints, so nothing else spreads it.
 */
export function zoneSlices(set: RenderedEnvironment): Fault[] {
  return set.services
    .filter(({ name }) => name in set.release.pins)
    .flatMap((service) =>
      Object.entries(service.workloads).flatMap(([name, workload]) => {
        const own = slicesOfWorkload(set, { service: service.name, workload: name });
        const wanted = slicesOf(workload, set.environment);
        const isSpread = workload.spreadIn?.includes(set.environment) ?? false;
        return [
          ...countFaults(set, { label: `${service.name}.workloads.${name}`, own, wanted }),
          ...(isSpread ? own.flatMap((maker) => zoneFaults(set, maker)) : []),
          ...(isSpread && wanted.length < 2 ? [lonelyFault(set, own, workload.replicas[set.environment])] : []),
        ].flat();
      }),
    );
}

interface Slices {
  label: string;
  own: readonly PodMaker[];
  wanted: readonly string[];
}

function countFaults(set: RenderedEnvironment, { label, own, wanted }: Slices): Fault[] {
  const found = own.map(({ pod }) => pod.labels[zoneLabel] ?? '');
  if (found.toSorted().join() === wanted.toSorted().join()) return [];
  const message = `it has Deployments for ${found.join(', ') || 'no zone'}. Render one for each of ${wanted.join(', ')}.`;
  const [first] = own;
  if (first) return [faultOf(set, first.manifest, { code: 'X201', message })];
  return [{ place: `catalog/services.ts ${label}`, code: 'X201', message: `${set.environment}: ${message}` }];
}

/** Does the profile that takes a slice's pods lie in that slice's zone and no other? */
function zoneFaults(set: RenderedEnvironment, maker: PodMaker): Fault[] {
  const match = matchProfile({ namespace: maker.namespace, labels: maker.pod.labels }, planProfiles(set.environment));
  const zone = maker.pod.labels[zoneLabel] ?? '';
  const zones = match.outcome === 'matched' ? match.profile.zones : [];
  if (match.outcome !== 'matched' || (zones.length === 1 && zones[0] === zone)) return [];
  const message = `its pods may run in zones ${zones.join(', ')}. Choose the profile of zone ${zone} alone.`;
  return [faultOf(set, maker.manifest, { code: 'X202', at: 'spec.template.metadata.labels', message })];
}

function lonelyFault(set: RenderedEnvironment, own: readonly PodMaker[], replicas: number): Fault[] {
  const message = `it is to be spread and has ${replicas} replica, so one zone. Write 2 replicas or more, or no spreadIn.`;
  return own.slice(0, 1).map(({ manifest }) => faultOf(set, manifest, { code: 'X203', message }));
}

/** X204: together the slices run what the catalog says, and none runs nothing. */
export function sliceCounts(set: RenderedEnvironment): Fault[] {
  return deployments(set).flatMap((maker) => {
    const workload = set.services.find(({ name }) => name === maker.service)?.workloads[maker.workload];
    if (!workload) return [];
    const slices = slicesOfWorkload(set, maker);
    const counts = slices.map((slice) => podCounts(set, slice));
    const least = counts.reduce((sum, count) => sum + count.least, 0);
    const most = counts.reduce((sum, count) => sum + count.most, 0);
    const wanted = workload.replicas[set.environment];
    const max = Math.max(wanted, workload.scaleOn?.max ?? 0);
    const isFirst = slices[0]?.manifest === maker.manifest;
    if (!isFirst || (least === wanted && most <= max && counts.every((count) => count.least > 0))) return [];
    const message = `its slices run ${counts.map((count) => count.least).join(' + ')} to ${most} pods. The catalog says ${wanted} to ${max}.`;
    return [faultOf(set, maker.manifest, { code: 'X204', message })];
  });
}
