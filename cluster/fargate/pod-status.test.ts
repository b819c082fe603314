import { describe, expect, test } from 'vitest';
import { backOffMs } from './container-status.ts';
import type { Behaviour } from './image-behaviour.ts';
import type { Pod, PodSpec } from './objects.ts';
import { conditionOf } from './objects.ts';
import { endedStatus, nextStatus } from './pod-status.ts';
import { imageOf, noonMs, podOf } from './testing.ts';

const bootMs = 300;

interface Step {
  elapsedMs: number;
  behaviour?: Behaviour;
  nowMs?: number;
}

const next = (pod: Pod, { elapsedMs, behaviour = 'runs', nowMs = noonMs + elapsedMs }: Step) =>
  nextStatus(pod, { nowMs, elapsedMs, bootMs, address: '10.0.0.10', behaviourOf: () => behaviour });

/** Goes through steps, each from what the one before has written. */
function after(pod: Pod, ...steps: readonly Step[]): Pod {
  let now = pod;
  for (const step of steps) now = { ...now, status: next(now, step).status };
  return now;
}

const summary = ({ status }: Pod): object => ({
  phase: status.phase,
  conditions: Object.fromEntries((status.conditions ?? []).map(({ type, status: is }) => [type, is])),
  containers: (status.containerStatuses ?? []).map(({ ready, started, restartCount, state }) => {
    return { ready, started, restartCount, state: Object.keys(state)[0] };
  }),
});

const begun: Step = { elapsedMs: 0 };
const half: Step = { elapsedMs: 150 };
const booted: Step = { elapsedMs: 300 };
const job: Partial<PodSpec> = { restartPolicy: 'Never' };

describe('a pod that keeps running', () => {
  test('is made first: it has an address, and its container waits', () => {
    const { status, againInMs } = next(podOf(), begun);
    expect(status).toMatchObject({
      phase: 'Pending',
      startTime: '2026-03-01T12:00:00Z',
      podIP: '10.0.0.10',
      hostIP: '10.0.0.10',
      containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } }, ready: false, restartCount: 0 }],
    });
    expect(againInMs).toBe(150);
  });

  test('runs at half of its time, and is ready when its probes have had theirs', () => {
    expect(summary(after(podOf(), begun, half))).toEqual({
      phase: 'Running',
      conditions: { PodReadyToStartContainers: 'True', Initialized: 'True', ContainersReady: 'False', Ready: 'False' },
      containers: [{ ready: false, started: false, restartCount: 0, state: 'running' }],
    });
    expect(summary(after(podOf(), begun, half, booted))).toEqual({
      phase: 'Running',
      conditions: { PodReadyToStartContainers: 'True', Initialized: 'True', ContainersReady: 'True', Ready: 'True' },
      containers: [{ ready: true, started: true, restartCount: 0, state: 'running' }],
    });
  });

  test('is ready as soon as it runs when it has no probes', () => {
    const pod = podOf({ spec: { containers: [{ name: 'order', image: imageOf('a') }] } });
    expect(conditionOf(after(pod, begun, half).status.conditions, 'Ready')?.status).toBe('True');
  });

  test('says in the kubelet’s words which container is not ready', () => {
    expect(conditionOf(after(podOf(), begun, half).status.conditions, 'Ready')).toEqual({
      type: 'Ready',
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [order]',
      lastTransitionTime: '2026-03-01T12:00:00Z',
    });
  });

  test('is left alone once it is ready: the very same status', () => {
    const ready = after(podOf(), begun, half, booted);
    expect(next(ready, { elapsedMs: 10_000 })).toEqual({ status: ready.status, againInMs: undefined });
    expect(next(ready, { elapsedMs: 10_000 }).status).toBe(ready.status);
  });

  test('is not taken back by a kubelet that has just come', () => {
    const ready = after(podOf(), begun, half, booted);
    expect(next(ready, { elapsedMs: 0, nowMs: noonMs + 60_000 }).status).toBe(ready.status);
  });

  test('waits for readiness gates that nobody has opened', () => {
    const pod = podOf({ spec: { readinessGates: [{ conditionType: 'target-health.elbv2.k8s.aws/order' }] } });
    const waiting = after(pod, begun, half, booted);
    expect(conditionOf(waiting.status.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
    });
    const open = { type: 'target-health.elbv2.k8s.aws/order', status: 'True' } as const;
    const opened = {
      ...waiting,
      status: { ...waiting.status, conditions: [...(waiting.status.conditions ?? []), open] },
    };
    expect(conditionOf(after(opened, booted).status.conditions, 'Ready')?.status).toBe('True');
  });

  test('keeps the conditions of others', () => {
    const pod = podOf({ status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] } });
    expect(after(pod, begun).status.conditions?.[0]).toEqual({ type: 'PodScheduled', status: 'True' });
  });
});

describe('an image that crashes', () => {
  const crashes: Behaviour = 'crashes';

  test('ends in a back-off after the second crash, which comes at once', () => {
    const pod = after(podOf(), begun, { ...half, behaviour: crashes });
    expect(pod.status.containerStatuses?.[0]).toMatchObject({
      ready: false,
      restartCount: 1,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 10s restarting failed container=order pod=order-api-7d9f8-abcde_order(uid-1)',
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    expect(pod.status.phase).toBe('Running');
  });

  test('is started again when the back-off is over, and not before', () => {
    const pod = after(podOf(), begun, { ...half, behaviour: crashes });
    const early = next(pod, { elapsedMs: 5_000, behaviour: crashes });
    expect(early.status).toBe(pod.status);
    expect(early.againInMs).toBe(5_000);
    const again = after(pod, { elapsedMs: 10_000, behaviour: crashes });
    expect(again.status.containerStatuses?.[0]?.restartCount).toBe(2);
    expect(next(again, { elapsedMs: 10_000, behaviour: crashes }).againInMs).toBe(20_000);
  });

  test('waits twice as long each time, and at most five minutes', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map(backOffMs)).toEqual([
      10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000,
    ]);
  });

  test('takes down a pod that was ready, and brings it back when it runs again', () => {
    const ready = after(podOf(), begun, half, booted);
    const crashed = after(ready, { elapsedMs: 1_000, behaviour: crashes });
    expect(conditionOf(crashed.status.conditions, 'Ready')?.status).toBe('False');
    const back = after(crashed, { elapsedMs: 2_000 });
    expect(summary(back)).toMatchObject({ containers: [{ ready: true, restartCount: 2, state: 'running' }] });
  });

  test('does its Job all the same: only what is to keep running crashes', () => {
    expect(after(podOf({ spec: job }), begun, half, { ...booted, behaviour: crashes }).status.phase).toBe('Succeeded');
  });
});

test('an image that is never ready runs, and its pod stays unready', () => {
  const pod = after(podOf(), begun, half, { elapsedMs: 10_000, behaviour: 'never-ready' });
  expect(summary(pod)).toMatchObject({
    phase: 'Running',
    containers: [{ ready: false, started: true, state: 'running' }],
  });
  expect(conditionOf(pod.status.conditions, 'Ready')?.status).toBe('False');
});

describe('a pod that is to end', () => {
  test('succeeds', () => {
    expect(summary(after(podOf({ spec: job }), begun, half, booted))).toMatchObject({
      phase: 'Succeeded',
      conditions: { Initialized: 'True', ContainersReady: 'False', Ready: 'False' },
      containers: [{ state: 'terminated' }],
    });
  });

  test('fails when its image does, and nothing happens to it afterwards', () => {
    const failed = after(podOf({ spec: job }), begun, half, { ...booted, behaviour: 'fails' });
    expect(failed.status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 1 } } }],
    });
    expect(next(failed, { elapsedMs: 10_000 }).status).toBe(failed.status);
  });

  test('is tried again and again where its policy says OnFailure', () => {
    const pod = after(podOf({ spec: { restartPolicy: 'OnFailure' } }), begun, half, { ...booted, behaviour: 'fails' });
    expect(pod.status.containerStatuses?.[0]?.state.waiting?.reason).toBe('CrashLoopBackOff');
  });

  test('runs its initial containers first, and stops its sidecar last', () => {
    const initContainers = [{ name: 'prepare' }, { name: 'proxy', restartPolicy: 'Always' }];
    const pod = podOf({ spec: { ...job, initContainers } });
    const made = after(pod, begun);
    expect(conditionOf(made.status.conditions, 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [prepare proxy]',
    });
    const states = ({ status }: Pod) => status.initContainerStatuses?.map(({ state }) => Object.keys(state)[0]);
    expect(states(after(made, half))).toEqual(['terminated', 'running']);
    const done = after(made, half, booted);
    expect(done.status.phase).toBe('Succeeded');
    expect(states(done)).toEqual(['terminated', 'terminated']);
  });
});

test('a pod that is taken away while it runs has failed, and one that had ended stays as it was', () => {
  const running = after(podOf(), begun, half, booted);
  expect(endedStatus(running, noonMs)).toMatchObject({
    phase: 'Failed',
    containerStatuses: [{ ready: false, state: { terminated: { exitCode: 143 } } }],
  });
  const done = after(podOf({ spec: job }), begun, half, booted);
  expect(endedStatus(done, noonMs)).toBe(done.status);
});
