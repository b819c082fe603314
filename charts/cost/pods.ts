import { asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { PodPlan, SmallerSize } from '@millrace/fargate/plan.ts';
import { hoursPerMonth, planPod } from '@millrace/fargate/plan.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import { autoscalerBounds } from '@millrace/fargate/workloads.ts';
import { cents } from './money.ts';

/** The pods of one workload object, and what Fargate bills for them. Money in whole US cents a month of 730 hours. */
export interface PodCost {
  /** The service, from `app.kubernetes.io/name`, or the namespace of somebody else's objects. */
  service: string;
  /** `Deployment order/order-worker` */
  object: string;
  pod: string;
  size: string;
  /** How many run always, and at most when an autoscaler adds some. */
  minPods: number;
  maxPods: number;
  minCents: number;
  maxCents: number;
  eachCents: number;
  /** Jobs end: they are billed for their minutes, at least one, and count nothing in a month. */
  isTask: boolean;
  taskUsd: number;
  plan: PodPlan;
}

const minimumTaskMinutes = 1;
const minutesPerMonth = hoursPerMonth * 60;
/** Kinds that run to an end. A Pod without a controller runs until somebody ends it. */
const tasks = new Set(['Job', 'CronJob']);

/** Every pod that a set of objects makes, in the order of service and name. Objects of any tool are taken. */
export function podCosts(manifests: readonly Manifest[]): PodCost[] {
  const ranges = autoscalerRanges(manifests);
  return manifests
    .flatMap((manifest) => {
      const template = podTemplateOf(manifest);
      if (!template) return [];
      const plan = planPod(template.spec);
      const isTask = tasks.has(manifest.kind);
      const range = ranges.get(targetKey(manifest.metadata.namespace, manifest.kind, manifest.metadata.name));
      const counts = isTask ? { min: 0, max: 0 } : (range ?? { min: template.replicas, max: template.replicas });
      return [costOf(manifest, { plan, isTask, labels: template.labels, ...counts })];
    })
    .sort((a, b) => compare(a.service, b.service) || compare(a.object, b.object));
}

function costOf(
  { kind, metadata }: Manifest,
  pods: { plan: PodPlan; isTask: boolean; labels: Record<string, string>; min: number; max: number },
): PodCost {
  const { plan, isTask, labels, min, max } = pods;
  const namespace = metadata.namespace ?? 'default';
  return {
    service: labels['app.kubernetes.io/name'] ?? metadata.labels?.['app.kubernetes.io/name'] ?? namespace,
    object: `${kind} ${namespace}/${metadata.name}`,
    pod: metadata.name,
    size: plan.size || 'no size is large enough',
    minPods: min,
    maxPods: max,
    minCents: cents(plan.usdPerMonth * min),
    maxCents: cents(plan.usdPerMonth * max),
    eachCents: cents(plan.usdPerMonth),
    isTask,
    taskUsd: isTask ? (plan.usdPerMonth / minutesPerMonth) * minimumTaskMinutes : 0,
    plan,
  };
}

/** What so many pods save in a month at the next smaller size. */
export const savedCents = ({ savesUsdPerMonth }: SmallerSize, pods: number): number => cents(savesUsdPerMonth * pods);

/** The replicas that autoscalers allow, by what they scale. */
function autoscalerRanges(manifests: readonly Manifest[]): Map<string, { min: number; max: number }> {
  const ranges = new Map<string, { min: number; max: number }>();
  for (const manifest of manifests) {
    const bounds = autoscalerBounds(manifest);
    const name = asText(fieldOf(manifest, 'spec', 'scaleTargetRef', 'name'));
    if (!bounds || !name) continue;
    const kind = asText(fieldOf(manifest, 'spec', 'scaleTargetRef', 'kind')) ?? 'Deployment';
    const { min, max = min } = bounds;
    ranges.set(targetKey(manifest.metadata.namespace, kind, name), { min, max: Math.max(min, max) });
  }
  return ranges;
}

const targetKey = (namespace: string | undefined, kind: string, name: string): string =>
  `${namespace ?? 'default'} ${kind} ${name}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
