import { describe, expect, test } from 'vitest';
import type { Pod } from './objects.ts';
import { withHash } from './patch-day-plan.ts';
import { patchSchedule } from './patch-schedule.ts';
import { podOf } from './testing.ts';

const on = (nodeName: string, name: string, status: Pod['status'] = { phase: 'Running' }, meta = {}): Pod =>
  podOf({ meta: { name, uid: name, ...meta }, spec: { nodeName }, status });
const zones: Record<string, string> = { first: 'a', second: 'b', third: 'b' };
const zoneOf = (node: string | undefined): string | undefined => zones[node ?? ''];
const names = (pods: readonly Pod[], only?: readonly string[]) =>
  patchSchedule(pods, { zoneOf, zones: only }).map(({ zone, targets }) => [
    zone,
    targets.map(({ pod }) => pod.metadata.name),
  ]);

describe('the schedule of a patch day', () => {
  const pods = [on('third', 'z'), on('second', 'm'), on('first', 'k')];

  test('goes from zone to zone, pods by name', () => {
    expect(names(pods)).toEqual([
      ['a', ['k']],
      ['b', ['m', 'z']],
    ]);
  });

  test('has the zones that are asked for, empty ones too', () => {
    expect(names(pods, ['b', 'c'])).toEqual([
      ['b', ['m', 'z']],
      ['c', []],
    ]);
  });

  test('leaves out what has ended, what is on its way out, and what is not on Fargate', () => {
    const others = [
      on('first', 'done', { phase: 'Succeeded' }),
      on('first', 'leaving', { phase: 'Running' }, { deletionTimestamp: '2026-03-01T12:00:00Z' }),
      on('elsewhere', 'other'),
      podOf({ meta: { name: 'pending' } }),
    ];
    expect(names(others)).toEqual([]);
  });
});

test('what the planner is told of a Rollout bears the hash by which Services find its stable pods', () => {
  const template = { metadata: { labels: { app: 'order' } }, spec: {} };
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'order' },
    spec: { template },
  };
  expect(withHash({ ...rollout, status: { stableRS: '6c' } })).toMatchObject({
    spec: { template: { metadata: { labels: { app: 'order', 'rollouts-pod-template-hash': '6c' } } } },
  });
  expect(withHash(rollout)).toBe(rollout);
});
