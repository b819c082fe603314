import { installDefinitions } from '@millrace/policies/schemas/definitions.ts';
import type { ApiClient } from '@millrace/policies/tools/api-client.ts';
import { argoCdConfiguration } from './argo-cd-configuration.ts';
import type { KubernetesObject } from './objects.ts';
import { applyObject, applyObjects } from './objects.ts';
import { argoRights, deliveryRights, simulatedRights } from './rights.ts';
import type { ServedArgo } from './served-argo.ts';

/** The namespaces of the cluster's own parts, beside kube-system. */
export const platformParts = ['argocd', 'argo-rollouts', 'keda', 'opentelemetry'];

/** What must be there before the controllers start: definitions, namespaces, rights, Argo CD's settings. */
export async function prepareApi(
  api: ApiClient,
  facts: { argo: ServedArgo; redisPassword: string; serverKey: string },
): Promise<void> {
  const [configuration, rights] = await Promise.all([
    argoCdConfiguration({
      redisPassword: facts.redisPassword,
      serverKey: facts.serverKey,
    }),
    argoRights(),
    installDefinitions(api),
    applyObjects(api, platformParts.map(namespaceOf)),
  ]);
  await applyObjects(api, [
    ...configuration,
    ...rights,
    ...simulatedRights(),
    ...deliveryRights(),
    ...facts.argo.projects,
  ]);
}

/** The first Application that Argo CD sees; all others it reads from Git itself. */
export async function applyRoot(api: ApiClient, argo: ServedArgo): Promise<void> {
  await applyObject(api, argo.root);
}

/** A namespace and nothing more. */
export const namespaceOf = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});
