import { readFileSync } from 'node:fs';
import { definitionSources } from '@millrace/policies/schemas/kinds.ts';
import { readModuleObjects } from '@millrace/policies/schemas/module-documents.ts';
import { argoCdSource, withBehaviour } from '../argo-cd-configuration.ts';
import { namespaceOf, platformParts } from '../bootstrap.ts';
import type { KubernetesObject } from '../objects.ts';

/** Argo CD's programs, as its own release calls them. */
export const argoCdPrograms = [
  'deployment/argocd-repo-server',
  'deployment/argocd-applicationset-controller',
  'deployment/argocd-server',
  'statefulset/argocd-application-controller',
];

const reconcileSeconds = 5;

/** The add-ons' definitions. */
export const definitionsInKind = (): Promise<KubernetesObject[]> => readModuleObjects(definitionSources);

/** The namespaces of the cluster's own parts. */
export const namespacesInKind = (): KubernetesObject[] => platformParts.map(namespaceOf);

/** Argo CD's own release, which reaches the Git host of the platform contract through the proxy of this machine. */
export async function argoCdInKind(facts: {
  repositoryUrl: string;
  certificateFile: string;
  proxyUrl: string;
}): Promise<KubernetesObject[]> {
  const released = await readModuleObjects([{ ...argoCdSource, files: ['manifests/install.yaml'] }]);
  const certificates = { [new URL(facts.repositoryUrl).host]: readFileSync(facts.certificateFile, 'utf8') };
  const often = { 'timeout.reconciliation': `${reconcileSeconds}s`, 'timeout.reconciliation.jitter': '0s' };
  const said: Record<string, object> = {
    'argocd-cm': { ...withBehaviour({}), ...often },
    'argocd-tls-certs-cm': certificates,
  };
  const objects = released
    .filter(({ kind }) => kind !== 'CustomResourceDefinition')
    .map((object) => ({
      ...object,
      metadata: { ...object.metadata, ...(!object.kind.startsWith('Cluster') && { namespace: 'argocd' }) },
      ...(said[object.metadata.name] && {
        data: { ...(object['data'] as object | undefined), ...said[object.metadata.name] },
      }),
    }));
  return [...objects, repositorySecret(facts)];
}

/** A repository's own proxy: Argo CD uses it for this repository and nothing else. */
function repositorySecret({ repositoryUrl, proxyUrl }: { repositoryUrl: string; proxyUrl: string }): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'repository-millrace',
      namespace: 'argocd',
      labels: { 'argocd.argoproj.io/secret-type': 'repository' },
    },
    stringData: { type: 'git', url: repositoryUrl, proxy: proxyUrl },
  };
}
