import { createHash } from 'node:crypto';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { autoscalerBounds } from '@millrace/fargate/workloads.ts';
import type { Condition, KubeObject } from './objects.ts';
import { withCondition } from './objects.ts';

/** What an autoscaler scales. */
export interface ScaleTarget {
  apiVersion?: string;
  kind?: string;
  name: string;
}

/** A HorizontalPodAutoscaler, or a ScaledObject of KEDA. */
export interface Autoscaler extends KubeObject {
  spec: { scaleTargetRef: ScaleTarget; [field: string]: unknown };
  status?: { conditions?: Condition[]; [field: string]: unknown };
}

export type AutoscalerKind = 'HorizontalPodAutoscaler' | 'ScaledObject';

const resources: Record<string, string> = {
  'apps/Deployment': 'deployments',
  'apps/StatefulSet': 'statefulsets',
  'argoproj.io/Rollout': 'rollouts',
};

/** Where the target's number of replicas is read and written; undefined for a kind that nobody scales here. */
export function scalePath({ metadata, spec }: Autoscaler): string | undefined {
  const { apiVersion = 'apps/v1', kind = 'Deployment', name } = spec.scaleTargetRef;
  const resource = resources[`${apiVersion.split('/')[0]}/${kind}`];
  return resource && `/apis/${apiVersion}/namespaces/${metadata.namespace}/${resource}/${name}/scale`;
}

/**
 * How many replicas there are to be: as many as there are, within the bounds. Nobody has traffic here, and a number that
 * never falls by itself is easier to test against. A HorizontalPodAutoscaler leaves a target of none alone.
 */
export function wantedReplicas(kind: AutoscalerKind, autoscaler: Autoscaler, current: number): number {
  const bounds = autoscalerBounds({ ...(autoscaler as unknown as Manifest), kind });
  if (!bounds || (kind === 'HorizontalPodAutoscaler' && current === 0)) return current;
  return Math.min(Math.max(current, bounds.min), bounds.max ?? Number.MAX_SAFE_INTEGER);
}

/** What was found, or why nothing was. */
export type ScaleFinding =
  | { outcome: 'scaled'; replicas: number; isAtMinimum: boolean }
  | { outcome: 'missing'; message: string };

type Said = Pick<Condition, 'type' | 'status'> & { reason: string; message: string };

/**
 * The conditions of a HorizontalPodAutoscaler, in the controller's words; Argo CD reads its health from them.
 * Source: k8s.io/kubernetes v1.35, pkg/controller/podautoscaler/horizontal.go.
 */
export function autoscalerConditions(now: readonly Condition[], finding: ScaleFinding, nowMs: number): Condition[] {
  return conditionsWith(now, finding.outcome === 'missing' ? [notScalable(finding.message)] : scalable(finding), nowMs);
}

const notScalable = (why: string): Said => ({
  type: 'AbleToScale',
  status: 'False',
  reason: 'FailedGetScale',
  message: `the HPA controller was unable to get the target's current scale: ${why}`,
});

function scalable({ replicas, isAtMinimum }: { replicas: number; isAtMinimum: boolean }): Said[] {
  const able: Said = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'ReadyForNewScale',
    message: 'recommended size matches current size',
  };
  if (replicas === 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    return [able, { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message }];
  }
  const words =
    'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)';
  return [
    able,
    { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: words },
    isAtMinimum
      ? {
          type: 'ScalingLimited',
          status: 'True',
          reason: 'TooFewReplicas',
          message: 'the desired replica count is less than the minimum replica count',
        }
      : {
          type: 'ScalingLimited',
          status: 'False',
          reason: 'DesiredWithinRange',
          message: 'the desired count is within the acceptable range',
        },
  ];
}

/**
 * The conditions of a ScaledObject, in KEDA's words: `Ready` is what Argo CD looks at. Nothing is in the queues here, so no
 * trigger is active. Source: kedacore/keda v2.20.2, condition_types.go and scaledobject_controller.go.
 */
export function kedaConditions(now: readonly Condition[], finding: ScaleFinding, nowMs: number): Condition[] {
  const ready: Said =
    finding.outcome === 'scaled'
      ? {
          type: 'Ready',
          status: 'True',
          reason: 'ScaledObjectReady',
          message: 'ScaledObject is defined correctly and is ready for scaling',
        }
      : { type: 'Ready', status: 'False', reason: 'ScaledObjectCheckFailed', message: finding.message };
  const inactive: Said = {
    type: 'Active',
    status: 'False',
    reason: 'ScalerNotActive',
    message: 'Scaling is not performed because triggers are not active',
  };
  const noFallback: Said = {
    type: 'Fallback',
    status: 'False',
    reason: 'NoFallbackFound',
    message: 'No fallbacks are active on this scaled object',
  };
  const pause: Said = { type: 'Paused', status: 'Unknown', reason: '', message: '' };
  return conditionsWith(now, [ready, inactive, noFallback, pause], nowMs);
}

function conditionsWith(now: readonly Condition[], said: readonly Said[], nowMs: number): Condition[] {
  return said.reduce<Condition[]>((conditions, each) => withCondition(conditions, { ...each, nowMs }), [...now]);
}

/** The host name of the load balancer that an Ingress gets: one for each group of Ingresses, as the controller names them. */
export function loadBalancerHost(ingress: KubeObject, region: string): string {
  const { namespace = '', name, annotations = {} } = ingress.metadata;
  const group = annotations['alb.ingress.kubernetes.io/group.name'];
  const scheme = annotations['alb.ingress.kubernetes.io/scheme'] ?? 'internal';
  const plain = (text: string): string => text.replaceAll(/[^a-zA-Z0-9]/g, '').slice(0, 8);
  const mark = createHash('sha256')
    .update(group ?? `${namespace}/${name}`)
    .digest('hex');
  const own = group === undefined ? `k8s-${plain(namespace)}-${plain(name)}` : `k8s-${plain(group)}`;
  const number = Number.parseInt(mark.slice(10, 18), 16);
  return `${scheme === 'internal' ? 'internal-' : ''}${own}-${mark.slice(0, 10)}-${number}.${region}.elb.amazonaws.com`;
}
