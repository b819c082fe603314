import { describe, expect, test } from 'vitest';
import type { Pod } from './objects.ts';
import { countServing } from './serving-count.ts';
import { heldCache, podOf } from './testing.ts';
import { workloadOf } from './workload-name.ts';

const replica = (name: string, { ready = true, labels = {} } = {}): Pod =>
  podOf({
    meta: {
      name,
      uid: name,
      labels: { 'app.kubernetes.io/name': 'order', 'pod-template-hash': '7d9f8', ...labels },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'order-api-7d9f8', controller: true }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });

const service = (name: string, selector: Record<string, string>) => ({
  metadata: { name, namespace: 'order', uid: '', resourceVersion: '1' },
  spec: { selector },
});

describe('the smallest number of ready pods', () => {
  const services = [service('order-api', { 'app.kubernetes.io/name': 'order' }), service('other', { app: 'other' })];

  test('is the lowest that was seen, of each workload and behind each Service', () => {
    const pods = heldCache([replica('a'), replica('b'), replica('c')]);
    const count = countServing(pods, services);
    pods.put(replica('a', { ready: false }));
    pods.put({ ...replica('b'), metadata: { ...replica('b').metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } });
    expect(count.isWhole()).toBe(false);
    pods.put(replica('a'));
    pods.remove(replica('b'));
    pods.put(replica('d'));
    expect(count.isWhole()).toBe(true);
    const row = { namespace: 'order', name: 'order-api', replicas: 3, podsLeft: 1, hasDowntime: false };
    expect(count.workloads()).toEqual([{ kind: 'Deployment', ...row }]);
    expect(count.services()).toEqual([{ kind: 'Service', ...row }]);
  });

  test('is a downtime when it is none', () => {
    const pods = heldCache([replica('a')]);
    const count = countServing(pods, services);
    pods.remove(replica('a'));
    expect(count.workloads()).toMatchObject([{ podsLeft: 0, hasDowntime: true }]);
  });

  test('does not count what was not ready at the start, nor what a Job runs', () => {
    const done = podOf({ spec: { restartPolicy: 'Never' } });
    const pods = heldCache([replica('a', { ready: false }), done]);
    expect(countServing(pods, services).workloads()).toEqual([]);
  });

  test('is not told of any more after it was stopped', () => {
    const pods = heldCache([replica('a')]);
    const count = countServing(pods, services);
    count.stop();
    pods.remove(replica('a'));
    expect(count.workloads()).toMatchObject([{ podsLeft: 1 }]);
  });
});

describe('the workload of a pod', () => {
  const owned = (kind: string, name: string, labels = {}) =>
    workloadOf(podOf({ meta: { labels, ownerReferences: [{ kind, name, controller: true }] } }));

  test('is what made its ReplicaSet', () => {
    expect(workloadOf(replica('a'))).toEqual({ kind: 'Deployment', namespace: 'order', name: 'order-api' });
    expect(owned('ReplicaSet', 'order-api-6c', { 'rollouts-pod-template-hash': '6c' })).toMatchObject({
      kind: 'Rollout',
      name: 'order-api',
    });
  });

  test('is its owner otherwise, or itself', () => {
    expect(owned('Job', 'order-migrate')).toMatchObject({ kind: 'Job', name: 'order-migrate' });
    expect(owned('ReplicaSet', 'bare')).toMatchObject({ kind: 'ReplicaSet', name: 'bare' });
    expect(workloadOf(podOf())).toMatchObject({ kind: 'Pod', name: 'order-api-7d9f8-abcde' });
  });
});
