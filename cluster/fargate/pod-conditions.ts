import type { Condition, ContainerStatus, Pod, PodPhase } from './objects.ts';
import { isTrue, withCondition } from './objects.ts';

/**
 * The kubelet's conditions of a pod, in its words; others' conditions stay as they are.
 * Source: k8s.io/kubernetes v1.35, pkg/kubelet/status/generate.go.
 */
export function podConditions(
  pod: Pod,
  given: {
    phase: PodPhase;
    initial: readonly ContainerStatus[];
    containers: readonly ContainerStatus[];
    nowMs: number;
  },
): Condition[] {
  const { phase, nowMs } = given;
  const containersReady = containersReadyOf(phase, given);
  const wanted = [
    {
      type: 'PodReadyToStartContainers',
      status: phase === 'Succeeded' || phase === 'Failed' ? 'False' : 'True',
    } as const,
    initializedOf(phase, given.initial),
    { type: 'ContainersReady', ...containersReady },
    { type: 'Ready', ...readyOf(pod, containersReady) },
  ];
  return wanted.reduce<Condition[]>(
    (conditions, each) => withCondition(conditions, { ...each, nowMs }),
    pod.status.conditions ?? [],
  );
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

function containersReadyOf(
  phase: PodPhase,
  { initial, containers }: { initial: readonly ContainerStatus[]; containers: readonly ContainerStatus[] },
): Said {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  // Of the initial containers those that still run are sidecars, which count.
  const counted = [...initial.filter(({ state }) => state.terminated === undefined), ...containers];
  const unready = counted.filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyOf(pod: Pod, containersReady: Said): Said {
  if (containersReady.status !== 'True') return containersReady;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    if (isTrue(pod.status.conditions, conditionType)) return [];
    const has = (pod.status.conditions ?? []).some(({ type }) => type === conditionType);
    const what = has ? 'status of pod readiness gate' : 'corresponding condition of pod readiness gate';
    return [`${what} "${conditionType}" ${has ? 'is not "True", but False' : 'does not exist.'}`];
  });
  if (messages.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function initializedOf(phase: PodPhase, initial: readonly ContainerStatus[]): Said & { type: string } {
  if (phase === 'Succeeded') return { type: 'Initialized', status: 'True', reason: 'PodCompleted' };
  const open = initial.filter(({ state, started }) => !started && state.terminated?.exitCode !== 0);
  if (open.length === 0 || phase === 'Failed') return { type: 'Initialized', status: 'True' };
  return {
    type: 'Initialized',
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${open.map(({ name }) => name).join(' ')}]`,
  };
}
