import { createHash } from 'node:crypto';
import type { Behaviour } from './image-behaviour.ts';
import type { Container, ContainerStatus, Pod, TerminatedState } from './objects.ts';
import { timeText } from './objects.ts';

/** How far a pod is: its image is fetched, its containers run, its probes have had their time. */
export type Stage = 'creating' | 'started' | 'probed';

/** What is to become of a container. */
export type Fate = 'keeps-running' | 'never-ready' | 'crash-loop' | 'completes' | 'fails';

/** The kubelet's: 10 s after the second crash, doubled each time, at most 5 min. Source: pkg/kubelet, MaxContainerBackOff. */
const firstBackOffMs = 10_000;
const longestBackOffMs = 300_000;

export const backOffMs = (restarts: number): number =>
  Math.min(longestBackOffMs, firstBackOffMs * 2 ** Math.min(20, Math.max(0, restarts - 1)));

/** What a container's image and its pod's restart policy make of it. A native sidecar keeps running in any pod. */
export function fateOf(
  behaviour: Behaviour,
  { isSidecar, restartPolicy }: { isSidecar: boolean; restartPolicy: string },
): Fate {
  if (isSidecar || restartPolicy === 'Always') {
    const kept: Record<Behaviour, Fate> = {
      runs: 'keeps-running',
      fails: 'keeps-running',
      crashes: 'crash-loop',
      'never-ready': 'never-ready',
    };
    return kept[behaviour];
  }
  if (behaviour !== 'fails') return 'completes';
  return restartPolicy === 'OnFailure' ? 'crash-loop' : 'fails';
}

export interface ContainerFacts {
  pod: Pod;
  stage: Stage;
  fate: Fate;
  nowMs: number;
}

/** A container's next status; the very same object when nothing has happened. */
export function nextContainer(
  container: Container,
  current: ContainerStatus | undefined,
  facts: ContainerFacts,
): ContainerStatus {
  if (current?.state.terminated) return current;
  if (facts.stage === 'creating') return current ?? waiting(container, facts.pod);
  if (facts.fate === 'crash-loop') return crashed(container, current, facts);
  const isProbed = facts.stage === 'probed' || !hasProbes(container);
  if (isProbed && facts.fate === 'completes') return ended(container, current, { facts, exitCode: 0 });
  if (isProbed && facts.fate === 'fails') return ended(container, current, { facts, exitCode: 1 });
  return running(container, current, { facts, isProbed });
}

/** When a container that crashes is started again; undefined for all others. */
export function restartAtMs(status: ContainerStatus): number | undefined {
  if (status.state.waiting?.reason !== 'CrashLoopBackOff') return undefined;
  return Date.parse(status.lastState.terminated?.finishedAt ?? '') + backOffMs(status.restartCount);
}

interface EndFacts {
  facts: Pick<ContainerFacts, 'pod' | 'nowMs'>;
  exitCode: number;
  /** One of those that end before the others start, which is ready when it is done. */
  isInitial?: boolean;
}

/** It has ended, well or badly. */
export function ended(
  container: Container,
  current: ContainerStatus | undefined,
  { facts, exitCode, isInitial = false }: EndFacts,
): ContainerStatus {
  if (current?.state.terminated) return current;
  const status = current ?? waiting(container, facts.pod);
  const terminated = terminatedState(facts.pod, status, { nowMs: facts.nowMs, exitCode });
  const ready = isInitial && exitCode === 0;
  return { ...status, containerID: terminated.containerID, ready, started: false, state: { terminated } };
}

function waiting(container: Container, pod: Pod): ContainerStatus {
  const reason = (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason } },
    lastState: {},
  };
}

function running(
  container: Container,
  current: ContainerStatus | undefined,
  { facts, isProbed }: { facts: ContainerFacts; isProbed: boolean },
): ContainerStatus {
  const status = current ?? waiting(container, facts.pod);
  const isRestarted = status.state.waiting?.reason === 'CrashLoopBackOff';
  const restartCount = status.restartCount + (isRestarted ? 1 : 0);
  const wasReady = status.state.running !== undefined && status.ready;
  const ready = facts.fate !== 'never-ready' && (isProbed || wasReady);
  const started = isProbed || status.started;
  if (status.state.running && status.ready === ready && status.started === started) return status;
  return {
    ...status,
    imageID: container.image ?? '',
    containerID: containerId(facts.pod, container.name, restartCount),
    ready,
    started,
    restartCount,
    state: { running: status.state.running ?? { startedAt: timeText(facts.nowMs) } },
  };
}

/** The kubelet starts it again at once after the first crash, so the first status that one sees has one restart. */
function crashed(
  container: Container,
  current: ContainerStatus | undefined,
  facts: Pick<ContainerFacts, 'pod' | 'nowMs'>,
): ContainerStatus {
  const status = current ?? waiting(container, facts.pod);
  if (facts.nowMs < (restartAtMs(status) ?? 0)) return status;
  const restartCount = status.restartCount + 1;
  const { name, namespace, uid } = facts.pod.metadata;
  const terminated = terminatedState(facts.pod, { ...status, restartCount }, { nowMs: facts.nowMs, exitCode: 1 });
  const message = `back-off ${durationText(backOffMs(restartCount))} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
  return {
    ...status,
    imageID: container.image ?? '',
    containerID: terminated.containerID,
    ready: false,
    started: false,
    restartCount,
    state: { waiting: { reason: 'CrashLoopBackOff', message } },
    lastState: { terminated },
  };
}

function terminatedState(
  pod: Pod,
  status: ContainerStatus,
  { nowMs, exitCode }: { nowMs: number; exitCode: number },
): TerminatedState {
  return {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: status.state.running?.startedAt ?? timeText(nowMs),
    finishedAt: timeText(nowMs),
    containerID: containerId(pod, status.name, status.restartCount),
  };
}

const hasProbes = ({ startupProbe, readinessProbe }: Container): boolean =>
  startupProbe !== undefined || readinessProbe !== undefined;

const containerId = (pod: Pod, name: string, restartCount: number): string =>
  `containerd://${createHash('sha256').update(`${pod.metadata.uid}/${name}/${restartCount}`).digest('hex')}`;

/** As Go writes durations: 10s, 1m20s, 5m0s. */
function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
