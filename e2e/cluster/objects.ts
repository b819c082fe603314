import type { ApiClient } from '@millrace/policies/tools/api-client.ts';

/** A Kubernetes object, as far as the tests look at it. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string }[];
    managedFields?: { manager: string; time?: string; subresource?: string }[];
  };
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string;
}

export interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
}

export interface Pod extends KubernetesObject {
  spec: { containers: Container[]; nodeName?: string };
  status?: { phase?: string; conditions?: Condition[] };
}

/** A Deployment, a ReplicaSet or a Rollout. */
export interface Workload extends KubernetesObject {
  spec: { replicas?: number; selector: { matchLabels: Record<string, string> }; template: { spec: Pod['spec'] } };
  status?: { replicas?: number; readyReplicas?: number; availableReplicas?: number; conditions?: Condition[] };
}

export interface Job extends KubernetesObject {
  status?: { succeeded?: number; completionTime?: string };
}

/** Reads one object; undefined when it is not there. */
export async function readObject<Found extends KubernetesObject>(
  api: ApiClient,
  path: string,
): Promise<Found | undefined> {
  const { status, body } = await api.ask('GET', path);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${String(body['message'])}`);
  return body as unknown as Found;
}

/** Reads the objects of a collection. */
export async function listObjects<Found extends KubernetesObject>(api: ApiClient, path: string): Promise<Found[]> {
  const { status, body } = await api.ask('GET', path);
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${String(body['message'])}`);
  return body['items'] as Found[];
}

/** The pods of a namespace that were not told to end and do not belong to a Job; those of one workload when it is named. */
export async function podsOf(api: ApiClient, namespace: string, component?: string): Promise<Pod[]> {
  const selector = component === undefined ? '' : `?labelSelector=app.kubernetes.io/component%3D${component}`;
  const pods = await listObjects<Pod>(api, `/api/v1/namespaces/${namespace}/pods${selector}`);
  const isServing = ({ metadata }: Pod): boolean =>
    !metadata.deletionTimestamp && !metadata.ownerReferences?.some(({ kind }) => kind === 'Job');
  return pods.filter(isServing).sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;

/** The part of an image's name after the @. */
export const imageDigestOf = (pod: Pod): string => pod.spec.containers[0]?.image.split('@')[1] ?? '';

/** When Argo CD last wrote an object, in whole seconds; 0 when it never did. */
export function appliedAt({ metadata }: KubernetesObject): number {
  const times = (metadata.managedFields ?? [])
    .filter(({ manager, subresource }) => manager === 'argocd-controller' && subresource === undefined)
    .map(({ time }) => Date.parse(time ?? ''));
  return Math.max(0, ...times);
}

/** What identifies pods that go on running: names and ids. */
export const identities = (pods: readonly Pod[]): string[] =>
  pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.uid}`);
