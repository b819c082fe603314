import { describe, expect, test } from 'vitest';
import type { Autoscaler } from './autoscaling.ts';
import { autoscalerConditions, kedaConditions, loadBalancerHost, scalePath, wantedReplicas } from './autoscaling.ts';
import { conditionOf } from './objects.ts';
import { noonMs } from './testing.ts';

const autoscalerOf = (spec: Record<string, unknown>, target = {}): Autoscaler => ({
  metadata: { name: 'order-api', namespace: 'order', uid: '', resourceVersion: '1' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'order-api', ...target }, ...spec },
});

describe('how many replicas an autoscaler wants', () => {
  const horizontal = autoscalerOf({ minReplicas: 2, maxReplicas: 6 });
  const queues = autoscalerOf({ minReplicaCount: 1, maxReplicaCount: 6 });

  test('are those that there are, within its bounds', () => {
    expect([1, 2, 4, 9].map((now) => wantedReplicas('HorizontalPodAutoscaler', horizontal, now))).toEqual([2, 2, 4, 6]);
    expect([0, 1, 4, 9].map((now) => wantedReplicas('ScaledObject', queues, now))).toEqual([1, 1, 4, 6]);
  });

  test('are none where a person has scaled to none, but for KEDA, which wakes its target', () => {
    expect(wantedReplicas('HorizontalPodAutoscaler', horizontal, 0)).toBe(0);
    expect(wantedReplicas('ScaledObject', autoscalerOf({}), 0)).toBe(0);
  });
});

test('the scale of a Deployment, of a Rollout, and of nothing that one scales here', () => {
  expect(scalePath(autoscalerOf({}))).toBe('/apis/apps/v1/namespaces/order/deployments/order-api/scale');
  expect(scalePath(autoscalerOf({}, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }))).toBe(
    '/apis/argoproj.io/v1alpha1/namespaces/order/rollouts/order-api/scale',
  );
  expect(scalePath(autoscalerOf({}, { apiVersion: 'example.com/v1', kind: 'Fleet' }))).toBeUndefined();
});

describe('conditions that Argo CD reads health from', () => {
  const scaled = { outcome: 'scaled', replicas: 2, isAtMinimum: true } as const;
  const missing = { outcome: 'missing', message: 'deployments.apps "order-api" not found' } as const;

  test('a HorizontalPodAutoscaler is healthy when it is able to scale', () => {
    const conditions = autoscalerConditions([], scaled, noonMs);
    expect(conditions.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['AbleToScale', 'True', 'ReadyForNewScale'],
      ['ScalingActive', 'True', 'ValidMetricFound'],
      ['ScalingLimited', 'True', 'TooFewReplicas'],
    ]);
  });

  test('and degraded when its target is not there', () => {
    expect(conditionOf(autoscalerConditions([], missing, noonMs), 'AbleToScale')).toMatchObject({
      status: 'False',
      reason: 'FailedGetScale',
      message: `the HPA controller was unable to get the target's current scale: ${missing.message}`,
    });
  });

  test('a ScaledObject is healthy when it is ready, and neither paused nor fallen back', () => {
    const conditions = kedaConditions([], scaled, noonMs);
    expect(conditions.map(({ type, status }) => [type, status])).toEqual([
      ['Ready', 'True'],
      ['Active', 'False'],
      ['Fallback', 'False'],
      ['Paused', 'Unknown'],
    ]);
    expect(conditionOf(kedaConditions([], missing, noonMs), 'Ready')?.status).toBe('False');
  });

  test('stay the very same objects while they say the same', () => {
    const first = autoscalerConditions([], scaled, noonMs);
    const again = autoscalerConditions(first, scaled, noonMs + 60_000);
    expect(again.every((condition, index) => condition === first[index])).toBe(true);
  });
});

describe('the load balancer of an Ingress', () => {
  const ingress = (name: string, annotations: Record<string, string>) => ({
    metadata: { name, namespace: 'order', uid: '', resourceVersion: '1', annotations },
  });

  test('is one for a group', () => {
    const group = {
      'alb.ingress.kubernetes.io/group.name': 'millrace',
      'alb.ingress.kubernetes.io/scheme': 'internet-facing',
    };
    const host = loadBalancerHost(ingress('order', group), 'us-east-1');
    expect(host).toMatch(/^k8s-millrace-[0-9a-f]{10}-\d+\.us-east-1\.elb\.amazonaws\.com$/);
    expect(loadBalancerHost(ingress('user', group), 'us-east-1')).toBe(host);
  });

  test('is inside, and its own, unless said', () => {
    expect(loadBalancerHost(ingress('web', {}), 'us-east-1')).toMatch(/^internal-k8s-order-web-[0-9a-f]{10}-\d+\./);
  });
});
