import { isSidecar } from '@millrace/fargate/plan.ts';
import type { Fate, Stage } from './container-status.ts';
import { ended, fateOf, nextContainer, restartAtMs } from './container-status.ts';
import type { Behaviour } from './image-behaviour.ts';
import type { Condition, Container, ContainerStatus, Pod, PodPhase, PodStatus } from './objects.ts';
import { isFinished, timeText } from './objects.ts';
import { podConditions } from './pod-conditions.ts';

/** What the kubelet knows beside the pod itself. */
export interface KubeletFacts {
  nowMs: number;
  /** Since this process first saw the pod on its node. */
  elapsedMs: number;
  /** From the node to being ready. */
  bootMs: number;
  /** Of the node, and so of the pod: on Fargate they share a network interface. */
  address: string;
  behaviourOf: (image: string | undefined) => Behaviour;
}

/** The next status, which is the very same object when nothing has happened, and when to look again. */
export interface NextStatus {
  status: PodStatus;
  againInMs: number | undefined;
}

/**
 * What a kubelet writes about a pod next. It goes on from what the pod's status says, so a kubelet that comes back after
 * a crash neither starts a pod anew nor takes it back.
 */
export function nextStatus(pod: Pod, facts: KubeletFacts): NextStatus {
  if (isFinished(pod)) return { status: pod.status, againInMs: undefined };
  const stage = stageOf(pod, facts);
  const containers = containersOf(pod).map(({ container, isInitial, sidecar }) => {
    const current = statusOf(pod, container.name);
    if (isInitial && !sidecar) {
      if (stage === 'creating') return nextContainer(container, current, { ...facts, pod, stage, fate: 'completes' });
      return ended(container, current, { facts: { ...facts, pod }, exitCode: 0, isInitial: true });
    }
    const fate: Fate = fateOf(facts.behaviourOf(container.image), {
      isSidecar: sidecar,
      restartPolicy: pod.spec.restartPolicy ?? 'Always',
    });
    return nextContainer(container, current, { ...facts, pod, stage, fate });
  });
  const phase = phaseOf(pod, containers);
  const settled = phase === 'Succeeded' || phase === 'Failed' ? endSidecars(pod, containers, facts) : containers;
  return {
    status: assemble(pod, { facts, phase, containers: settled }),
    againInMs: againInMs(settled, { stage, facts }),
  };
}

/** A pod that was taken away while it ran: nothing of it runs any more. */
export function endedStatus(pod: Pod, nowMs: number): PodStatus {
  if (isFinished(pod)) return pod.status;
  const containers = containersOf(pod).map(({ container }) => {
    const current = statusOf(pod, container.name);
    return ended(container, current, { facts: { pod, nowMs }, exitCode: 143 });
  });
  const address = pod.status.podIP ?? '';
  return assemble(pod, { facts: { nowMs, address }, phase: 'Failed', containers });
}

function stageOf(pod: Pod, { elapsedMs, bootMs }: KubeletFacts): Stage {
  // The first status is written at once, so that one sees a pod being made.
  if (pod.status.startTime === undefined) return 'creating';
  if (elapsedMs >= bootMs) return 'probed';
  const hasStarted = (pod.status.containerStatuses ?? []).some(
    ({ state, restartCount }) => state.running !== undefined || restartCount > 0,
  );
  return hasStarted || elapsedMs >= bootMs / 2 ? 'started' : 'creating';
}

interface PlacedContainer {
  container: Container;
  isInitial: boolean;
  sidecar: boolean;
}

const containersOf = ({ spec }: Pod): PlacedContainer[] => [
  ...(spec.initContainers ?? []).map((container) => ({ container, isInitial: true, sidecar: isSidecar(container) })),
  ...spec.containers.map((container) => ({ container, isInitial: false, sidecar: false })),
];

const statusOf = ({ status }: Pod, name: string): ContainerStatus | undefined =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find((each) => each.name === name);

const isInitial = (pod: Pod, { name }: ContainerStatus): boolean =>
  (pod.spec.initContainers ?? []).some((container) => container.name === name);

function phaseOf(pod: Pod, containers: readonly ContainerStatus[]): PodPhase {
  const own = containers.filter((status) => !isInitial(pod, status));
  if (own.every(({ state }) => state.terminated)) {
    return own.every(({ state }) => state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return own.some(({ state, restartCount }) => state.running || state.terminated || restartCount > 0)
    ? 'Running'
    : 'Pending';
}

/** Native sidecars are stopped when the containers that they serve have ended. */
function endSidecars(pod: Pod, containers: readonly ContainerStatus[], { nowMs }: KubeletFacts): ContainerStatus[] {
  return containersOf(pod).map(({ container }, index) =>
    ended(container, containers[index], { facts: { pod, nowMs }, exitCode: 0 }),
  );
}

function assemble(
  pod: Pod,
  given: {
    facts: Pick<KubeletFacts, 'nowMs' | 'address'>;
    phase: PodPhase;
    containers: readonly ContainerStatus[];
  },
): PodStatus {
  const { facts, phase, containers } = given;
  const initial = containers.filter((status) => isInitial(pod, status));
  const own = containers.filter((status) => !isInitial(pod, status));
  const conditions = podConditions(pod, { phase, initial, containers: own, nowMs: facts.nowMs });
  const isSame =
    phase === pod.status.phase &&
    pod.status.startTime !== undefined &&
    areSame(initial, pod.status.initContainerStatuses) &&
    areSame(own, pod.status.containerStatuses) &&
    areSame(conditions, pod.status.conditions);
  if (isSame) return pod.status;
  return {
    ...pod.status,
    phase,
    startTime: pod.status.startTime ?? timeText(facts.nowMs),
    ...(facts.address && {
      hostIP: facts.address,
      hostIPs: [{ ip: facts.address }],
      podIP: facts.address,
      podIPs: [{ ip: facts.address }],
    }),
    conditions,
    ...(initial.length > 0 && { initContainerStatuses: initial }),
    containerStatuses: own,
  };
}

/** What has not changed is passed on as it is, so it is enough to compare the objects themselves. */
const areSame = (
  next: readonly (ContainerStatus | Condition)[],
  now: readonly (ContainerStatus | Condition)[] | undefined,
): boolean => next.length === (now ?? []).length && next.every((each, index) => each === now?.[index]);

function againInMs(
  containers: readonly ContainerStatus[],
  { stage, facts }: { stage: Stage; facts: KubeletFacts },
): number | undefined {
  const { elapsedMs, bootMs, nowMs } = facts;
  if (stage === 'creating') return Math.max(1, bootMs / 2 - elapsedMs);
  const restarts = containers.flatMap((status) => restartAtMs(status) ?? []).map((atMs) => Math.max(1, atMs - nowMs));
  const probes = stage === 'started' ? [Math.max(1, bootMs - elapsedMs)] : [];
  const times = [...restarts, ...probes].filter(Number.isFinite);
  return times.length > 0 ? Math.min(...times) : undefined;
}
