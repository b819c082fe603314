import { addressOfNode } from './node-object.ts';
import type { Pod } from './objects.ts';
import { isFinished, isTrue, withCondition } from './objects.ts';
import { tellOfPod } from './pod-event.ts';
import { endedStatus, nextStatus } from './pod-status.ts';
import type { World } from './world.ts';
import { podPath } from './world.ts';

/** Runs the pods that have a node. */
export interface Kubelet {
  /** Brings a pod one step on; says in how many milliseconds the next step is due. */
  play(pod: Pod): Promise<number | undefined>;
  /** The pod is gone. */
  forget(uid: string): void;
}

/** How long a pod that is told to end takes for it, at most; its own grace period when that is shorter. */
const endingMs = 200;

export function createKubelet(world: World): Kubelet {
  // When this process first saw a pod on its node, and when on its way out. A moment in a pod's status has whole seconds.
  const seenAt = new Map<string, number>();
  const endingAt = new Map<string, number>();
  const since = (moments: Map<string, number>, uid: string): number => {
    const now = performance.now();
    const first = moments.get(uid) ?? now;
    moments.set(uid, first);
    return now - first;
  };
  return {
    async play(pod) {
      const { uid, deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
      if (deletionTimestamp === undefined) return run(pod, { world, elapsedMs: since(seenAt, uid) });
      const leftMs = Math.min(deletionGracePeriodSeconds * 1000, endingMs) - since(endingAt, uid);
      return leftMs > 0 ? leftMs : end(pod, world);
    },
    forget(uid) {
      seenAt.delete(uid);
      endingAt.delete(uid);
    },
  };
}

async function run(pod: Pod, { world, elapsedMs }: { world: World; elapsedMs: number }): Promise<number | undefined> {
  const node = world.nodes.get(pod.spec.nodeName ?? '');
  const address = pod.status.podIP ?? (node && addressOfNode(node)) ?? '';
  // The pod's event came before its node's, which brings the pod here again.
  if (address === '') return undefined;
  const { status, againInMs } = nextStatus(pod, {
    nowMs: Date.now(),
    elapsedMs,
    bootMs: world.bootMs,
    address,
    behaviourOf: world.images.of,
  });
  if (status === pod.status) {
    await openGates(pod, world);
    return againInMs;
  }
  const body = { metadata: { resourceVersion: pod.metadata.resourceVersion }, status };
  const { manager } = world.users;
  const reply = await manager.must('PATCH', podPath(pod, 'status'), { body, unless: [404, 409] });
  // Somebody else wrote at the same moment: their change comes by the watch, and then it is this one's turn.
  if (reply.status < 300) await tellOfCrash(pod, { world, status });
  return againInMs;
}

/** The load balancer's gates open as soon as the containers are ready: its target is healthy then. */
async function openGates(pod: Pod, { users }: World): Promise<void> {
  const { conditions = [] } = pod.status;
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closed = gates.filter((type) => !isTrue(conditions, type));
  if (closed.length === 0 || !isTrue(conditions, 'ContainersReady')) return;
  const opened = closed.reduce(
    (all, type) => withCondition(all, { type, status: 'True', nowMs: Date.now() }),
    conditions,
  );
  const body = { metadata: { resourceVersion: pod.metadata.resourceVersion }, status: { conditions: opened } };
  await users.loadBalancer.must('PATCH', podPath(pod, 'status'), { body, unless: [404, 409] });
}

async function tellOfCrash(pod: Pod, { world, status }: { world: World; status: Pod['status'] }): Promise<void> {
  const waiting = status.containerStatuses?.find(({ state }) => state.waiting?.reason === 'CrashLoopBackOff');
  const message = waiting?.state.waiting?.message;
  if (message === undefined) return;
  const event = { type: 'Warning', reason: 'BackOff', message, component: 'kubelet', nowMs: Date.now() } as const;
  await tellOfPod(world.users.manager, pod, event);
}

async function end(pod: Pod, { users }: World): Promise<undefined> {
  const { uid, resourceVersion, deletionGracePeriodSeconds, finalizers = [] } = pod.metadata;
  // It was deleted for good before, and waits for those who hold it back: nothing more to do here.
  if (deletionGracePeriodSeconds === 0 && isFinished(pod)) return undefined;
  const { manager } = users;
  // Whoever holds it back (the Job controller) wants to read how it ended.
  if (finalizers.length > 0 && !isFinished(pod)) {
    const body = { metadata: { resourceVersion }, status: endedStatus(pod, Date.now()) };
    await manager.must('PATCH', podPath(pod, 'status'), { body, unless: [404] });
  }
  const body = { gracePeriodSeconds: 0, preconditions: { uid } };
  await manager.must('DELETE', podPath(pod), { body, unless: [404, 409] });
  return undefined;
}
