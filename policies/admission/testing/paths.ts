/** Where the API server keeps an object: the collection that it is posted to, and its own address. */
export interface ObjectPath {
  collection: string;
  named: string;
}

const clusterScoped = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

/** The address of an object; of a pod's subresource when the request names one. */
export function pathOf(
  object: unknown,
  request: {
    resource?: string | undefined;
    subresource?: string | undefined;
    namespace?: string | undefined;
    name?: string | undefined;
  },
): ObjectPath {
  const { apiVersion, kind, metadata } = object as {
    apiVersion: string;
    kind: string;
    metadata?: { name: string; namespace?: string };
  };
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata?.namespace ?? request.namespace;
  const place = clusterScoped.has(kind) ? root : `${root}/namespaces/${namespace}`;
  const collection = `${place}/${request.resource ?? plural(kind)}`;
  const named = `${collection}/${metadata?.name ?? request.name}`;
  return { collection, named: request.subresource ? `${named}/${request.subresource}` : named };
}

function plural(kind: string): string {
  const word = kind.toLowerCase();
  if (word.endsWith('s')) return `${word}es`;
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
}
