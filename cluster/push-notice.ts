import type { ApiClient } from '@millrace/policies/tools/api-client.ts';

const group = '/apis/argoproj.io/v1alpha1/namespaces/argocd';

/**
 * Tells Argo CD of a push, as the Git host's webhook does in the cloud: everything that reads Git looks again at once.
 * Source: Argo CD's `util/webhook`, which writes the same annotations.
 */
export async function tellPush(api: ApiClient): Promise<void> {
  await Promise.all([
    annotateAll(api, 'applicationsets', { 'argocd.argoproj.io/application-set-refresh': 'true' }),
    annotateAll(api, 'applications', { 'argocd.argoproj.io/refresh': 'normal' }),
  ]);
}

async function annotateAll(api: ApiClient, plural: string, annotations: Record<string, string>): Promise<void> {
  const { status, body } = await api.ask('GET', `${group}/${plural}?resourceVersion=0`);
  if (status !== 200) throw new Error(`${plural}: ${status} ${String(body['message'])}`);
  const names = (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  await Promise.all(
    names.map((name) => api.ask('PATCH', `${group}/${plural}/${name}`, { body: { metadata: { annotations } } })),
  );
}
