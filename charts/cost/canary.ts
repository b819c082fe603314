import { asCount, asMap, asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { hoursPerMonth } from '@millrace/fargate/plan.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import type { PodCost } from './pods.ts';
import { assumptions } from './traffic.ts';

/** What a release of one workload adds while two versions of it run. It is not in the month: nobody knows how many releases that has. */
export interface CanaryCost {
  /** `Rollout order/order-api` */
  object: string;
  /** How many more pods than usual run at most, at the least number of pods. */
  pods: number;
  /** How long that many would run for the same money. */
  minutes: number;
  releaseUsd: number;
}

const minutesPerMonth = hoursPerMonth * 60;
/** What Argo Rollouts takes where nothing is said. Source: its specification, v1.10. */
const usualScaleDownSeconds = 30;
/** What Kubernetes takes where nothing is said. */
const usualGraceSeconds = 30;

/** The canaries among a set of objects: Rollouts that send a part of the requests to new pods while all the old ones stay. */
export function canaryCosts(manifests: readonly Manifest[], pods: readonly PodCost[]): CanaryCost[] {
  const costs = new Map(pods.map((cost) => [cost.object, cost]));
  return manifests.flatMap((manifest) => {
    const object = `${manifest.kind} ${manifest.metadata.namespace ?? 'default'}/${manifest.metadata.name}`;
    const canary = asMap(fieldOf(manifest, 'spec', 'strategy', 'canary'));
    const cost = costs.get(object);
    if (manifest.kind !== 'Rollout' || canary['trafficRouting'] === undefined || !cost || cost.minPods === 0) return [];
    const podMinutes = podMinutesOf(manifest, { canary, count: cost.minPods, manifests });
    return [
      {
        object,
        pods: cost.minPods,
        minutes: podMinutes / cost.minPods,
        releaseUsd: (cost.plan.usdPerMonth / minutesPerMonth) * podMinutes,
      },
    ];
  });
}

/** New pods for each step; at the end all of them beside the old ones, until those are told to go and have gone. */
function podMinutesOf(
  manifest: Manifest,
  given: { canary: Record<string, unknown>; count: number; manifests: readonly Manifest[] },
): number {
  const { canary, count, manifests } = given;
  const namespace = manifest.metadata.namespace;
  const least = Math.min(count, asCount(canary['minPodsPerReplicaSet']) ?? 0);
  let running = 0;
  let podMinutes = 0;
  for (const step of asMaps(canary['steps'])) {
    const weight = asCount(step['setWeight']);
    const wanted = weight ? Math.max(least, Math.ceil((count * weight) / 100)) : running;
    const startMinutes = wanted > running ? assumptions.podStartMinutes : 0;
    running = wanted;
    podMinutes += running * (startMinutes + stepMinutes(step, { namespace, manifests }));
  }
  const delaySeconds = asCount(canary['scaleDownDelaySeconds']) ?? usualScaleDownSeconds;
  const grace = asCount(podTemplateOf(manifest)?.spec['terminationGracePeriodSeconds']) ?? usualGraceSeconds;
  return podMinutes + count * (assumptions.podStartMinutes + (delaySeconds + grace) / 60);
}

function stepMinutes(
  step: Record<string, unknown>,
  { namespace, manifests }: { namespace: string | undefined; manifests: readonly Manifest[] },
): number {
  const names = asMaps(fieldOf(step, 'analysis', 'templates')).map(({ templateName }) => asText(templateName));
  const metrics = manifests
    .filter(
      ({ kind, metadata }) =>
        kind === 'AnalysisTemplate' && metadata.namespace === namespace && names.includes(metadata.name),
    )
    .flatMap((template) => asMaps(fieldOf(template, 'spec', 'metrics')));
  const analysis = metrics.map(
    ({ initialDelay, interval, count }) => minutesOf(initialDelay) + minutesOf(interval) * ((asCount(count) ?? 1) - 1),
  );
  return minutesOf(fieldOf(step, 'pause', 'duration')) + Math.max(0, ...analysis);
}

const unitMinutes: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60 };

/** `30s`, `5m`, or seconds. What is not understood, and a pause without an end, is nothing. */
function minutesOf(duration: unknown): number {
  if (typeof duration === 'number') return duration / 60;
  const [, amount, unit = 's'] = /^(\d+)([smh]?)$/.exec(asText(duration) ?? '') ?? [];
  return Number(amount ?? 0) * (unitMinutes[unit || 's'] ?? 0);
}
