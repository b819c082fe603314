import type { Behaviour } from './image-behaviour.ts';
import { addressOfNode, isFargateNode, podAnnotation, profileAnnotation, zoneOfNode } from './node-object.ts';
import type { Node, Pod } from './objects.ts';
import { conditionOf, isFinished, isTrue, keyOf } from './objects.ts';
import { workloadOf } from './workload-name.ts';
import type { World } from './world.ts';

/** Why a pod does not serve yet. */
export interface Waiting {
  reason: string;
  message: string;
}

export interface PodState {
  namespace: string;
  name: string;
  uid: string;
  /** `Deployment/order-api` */
  workload: string;
  phase: string;
  ready: boolean;
  terminating: boolean;
  node: string | null;
  /** A letter. */
  zone: string | null;
  /** What is billed, such as `0.25vCPU 0.5GB`. */
  size: string | null;
  profile: string | null;
  podIp: string | null;
  restarts: number;
  images: string[];
  waiting: Waiting | null;
}

export interface NodeState {
  name: string;
  zone: string;
  address: string;
  pod: string;
  ready: boolean;
}

export interface ClusterState {
  environment: string;
  pods: PodState[];
  nodes: NodeState[];
  images: Record<string, Behaviour>;
}

/** Everything that Fargate runs and leaves waiting, in order of name. */
export function clusterState(world: World): ClusterState {
  const nodes = world.nodes.list().filter(isFargateNode);
  return {
    environment: world.environment.name,
    pods: inOrder(world.pods.list()).map((pod) => podState(pod, world.nodes.get(pod.spec.nodeName ?? ''))),
    nodes: inOrder(nodes).map((node) => ({
      name: node.metadata.name,
      zone: zoneOfNode(node),
      address: addressOfNode(node),
      pod: node.metadata.annotations?.[podAnnotation] ?? '',
      ready: isTrue(node.status?.conditions, 'Ready'),
    })),
    images: world.images.all(),
  };
}

export function podState(pod: Pod, node: Node | undefined): PodState {
  const { namespace = 'default', name, uid, annotations, deletionTimestamp } = pod.metadata;
  const { kind, name: maker } = workloadOf(pod);
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  return {
    namespace,
    name,
    uid,
    workload: `${kind}/${maker}`,
    phase: pod.status.phase ?? 'Pending',
    ready: isTrue(pod.status.conditions, 'Ready'),
    terminating: deletionTimestamp !== undefined,
    node: pod.spec.nodeName ?? null,
    zone: node ? zoneOfNode(node) : null,
    size: annotations?.['CapacityProvisioned'] ?? null,
    profile: node?.metadata.annotations?.[profileAnnotation] ?? null,
    podIp: pod.status.podIP ?? null,
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    images: [...new Set(pod.spec.containers.flatMap(({ image }) => image ?? []))],
    waiting: waitingOf(pod),
  };
}

/** A container's own reason first, for the pod's says no more than that some container is not ready. */
function waitingOf(pod: Pod): Waiting | null {
  if (isFinished(pod)) return null;
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  const waiting = statuses.find(({ state }) => state.waiting)?.state.waiting;
  if (waiting) return { reason: waiting.reason, message: waiting.message ?? '' };
  for (const type of ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']) {
    const condition = conditionOf(pod.status.conditions, type);
    if (condition?.status === 'False') return { reason: condition.reason ?? '', message: condition.message ?? '' };
  }
  return null;
}

const inOrder = <Kind extends Pod | Node>(objects: Kind[]): Kind[] =>
  objects.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
