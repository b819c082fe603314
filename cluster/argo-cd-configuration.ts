import { argoCdBehaviour } from '@millrace/charts/delivery/argo-cd-settings.ts';
import { definitionSources } from '@millrace/policies/schemas/kinds.ts';
import { readModuleObjects } from '@millrace/policies/schemas/module-documents.ts';
import type { KubernetesObject } from './objects.ts';

/** Argo CD's own release, at the version of its definitions. */
export const argoCdSource = releaseOf('github.com/argoproj/argo-cd/v3');

const files = [
  'argocd-cm',
  'argocd-cmd-params-cm',
  'argocd-gpg-keys-cm',
  'argocd-rbac-cm',
  'argocd-secret',
  'argocd-ssh-known-hosts-cm',
  'argocd-tls-certs-cm',
].map((name) => `manifests/base/config/${name}.yaml`);

/**
 * Argo CD's ConfigMaps and Secrets, as its own release holds them, with the settings by which it behaves in the cloud. They
 * must be there before its programs start.
 */
export async function argoCdConfiguration(facts: {
  redisPassword: string;
  serverKey: string;
}): Promise<KubernetesObject[]> {
  const objects = await readModuleObjects([{ ...argoCdSource, files }]);
  return [
    ...objects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace: 'argocd' },
      ...(object.metadata.name === 'argocd-cm' && { data: withBehaviour(object) }),
      ...(object.metadata.name === 'argocd-secret' && { stringData: { 'server.secretkey': facts.serverKey } }),
    })),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'argocd-redis',
        namespace: 'argocd',
        labels: { 'app.kubernetes.io/name': 'argocd-redis', 'app.kubernetes.io/part-of': 'argocd' },
      },
      stringData: { auth: facts.redisPassword },
    },
  ];
}

/** The settings in which clouds and this machine are alike; how often it looks is said by variables here. */
export function withBehaviour(object: { [field: string]: unknown }): Record<string, string> {
  return { ...(object['data'] as Record<string, string> | undefined), ...argoCdBehaviour };
}

/** A module at the version at which its definitions are installed. @throws Error for one that brings none. */
export function releaseOf(module: string): { module: string; version: string } {
  const source = definitionSources.find((each) => each.module === module);
  if (!source) throw new Error(`${module} brings no definitions`);
  return { module, version: source.version };
}
