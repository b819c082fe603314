/** Kubernetes objects as the API server writes them in JSON, with the fields that are used here. */

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  ownerReferences?: { kind: string; name: string; controller?: boolean }[];
}

/** Anything that has a name. */
export interface KubeObject {
  metadata: ObjectMeta;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string;
}

export interface TerminatedState {
  exitCode: number;
  reason: string;
  startedAt: string;
  finishedAt: string;
  containerID: string;
}

export interface ContainerState {
  waiting?: { reason: string; message?: string };
  running?: { startedAt: string };
  terminated?: TerminatedState;
}

export interface ContainerStatus {
  name: string;
  image: string;
  imageID: string;
  containerID?: string;
  ready: boolean;
  started: boolean;
  restartCount: number;
  state: ContainerState;
  lastState: ContainerState;
}

/** A container of a pod; what else it says is the planner's business. */
export interface Container {
  name: string;
  image?: string;
  restartPolicy?: string;
  startupProbe?: unknown;
  readinessProbe?: unknown;
  [field: string]: unknown;
}

export interface PodSpec {
  nodeName?: string;
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  readinessGates?: { conditionType: string }[];
  schedulingGates?: { name: string }[];
  [field: string]: unknown;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface PodStatus {
  phase?: PodPhase;
  startTime?: string;
  hostIP?: string;
  hostIPs?: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  conditions?: Condition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  [field: string]: unknown;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status: PodStatus;
}

export interface Node extends KubeObject {
  status?: { conditions?: Condition[]; addresses?: { type: string; address: string }[] };
}

/** What a cache calls an object: `namespace/name`, or the name alone. */
export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;

/** A moment as the API server keeps it: in whole seconds. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

export const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === 'True';

/** It has come to its end: nothing of it runs any more. */
export const isFinished = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';

/** It takes traffic: ready, and not on its way out. */
export const isServing = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined && !isFinished(pod) && isTrue(pod.status.conditions, 'Ready');

/** The conditions with one changed; the moment moves only with the status, and nothing changes when it says the same. */
export function withCondition(
  conditions: readonly Condition[],
  { nowMs, ...wanted }: { type: string; status: Condition['status']; reason?: string; message?: string; nowMs: number },
): Condition[] {
  const old = conditionOf(conditions, wanted.type);
  if (old && old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message) {
    return [...conditions];
  }
  const isSameStatus = old?.status === wanted.status && old.lastTransitionTime;
  const changed: Condition = {
    ...wanted,
    lastTransitionTime: isSameStatus ? (old.lastTransitionTime ?? null) : timeText(nowMs),
  };
  return old ? conditions.map((each) => (each === old ? changed : each)) : [...conditions, changed];
}
