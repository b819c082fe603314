import type { ApiClient } from '@millrace/policies/tools/api-client.ts';

/** A Kubernetes object of any kind. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; [field: string]: unknown };
  [field: string]: unknown;
}

const fieldManager = 'millrace-cluster';

/** The kinds that this program writes, as their addresses spell them. */
const plurals: Record<string, string> = {
  AppProject: 'appprojects',
  Application: 'applications',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  ConfigMap: 'configmaps',
  Namespace: 'namespaces',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  ServiceAccount: 'serviceaccounts',
};

/** The address of an object. @throws Error for a kind that this program does not write. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const plural = plurals[kind];
  if (plural === undefined) throw new Error(`${kind} is not a kind that the cluster's start writes`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${group}${place}/${plural}/${metadata.name}`;
}

/** Makes an object what is said of it (server-side apply), whether it is there or not. @throws Error with the server's words. */
export async function applyObject(api: ApiClient, object: KubernetesObject): Promise<void> {
  const path = pathOf(object);
  const { status, body } = await api.ask('PATCH', `${path}?fieldManager=${fieldManager}&force=true`, {
    body: object,
    contentType: 'application/apply-patch+yaml',
  });
  if (status >= 300) throw new Error(`${object.kind} ${object.metadata.name}: ${status} ${String(body['message'])}`);
}

/** Applies objects at once; none may need another. */
export async function applyObjects(api: ApiClient, objects: readonly KubernetesObject[]): Promise<void> {
  await Promise.all(objects.map((object) => applyObject(api, object)));
}
