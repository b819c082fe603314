import { confirmedDeletion } from '../place.ts';
import type { ApplicationSpec } from './argo-object.ts';
import { addArgoObject } from './argo-object.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { folderOf, thisCluster } from './delivery-place.ts';
import { argoNamespace, clusterScope, platformScope } from './project-scopes.ts';

/**
 * How an Application of any kind is kept: by itself, and against what is done by hand. Its namespace comes from Git with all
 * else, or is made with these labels.
 */
export function syncPolicy(
  syncOptions: readonly string[],
  namespace?: { labels: Record<string, string> },
): ApplicationSpec['syncPolicy'] {
  return {
    // A folder that is suddenly empty is a mistake: without allowEmpty nothing is pruned then.
    automated: { prune: true, selfHeal: true },
    // Some 15 minutes in all, then it has failed and says so. A newer commit is taken up between two attempts.
    retry: { limit: 8, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
    ...(namespace && { managedNamespaceMetadata: namespace }),
    syncOptions: [
      `CreateNamespace=${namespace !== undefined}`,
      'ApplyOutOfSyncOnly=true',
      'PruneLast=true',
      'PrunePropagationPolicy=foreground',
      // Two Applications never fight over one object.
      'FailOnSharedResource=true',
      ...syncOptions,
    ],
  };
}

export const revisionHistoryLimit = 10;

/** The Application of Applications: everything in this folder, itself included. */
export function addRoot(place: DeliveryPlace): void {
  const { repository, revision } = place.platform.delivery;
  addArgoObject(place, 'Application', {
    name: 'root',
    wave: 'root',
    // It is part of what it keeps, and must not wait for its own health.
    annotations: { 'argocd.argoproj.io/ignore-healthcheck': 'true', ...confirmedDeletion(place.environment) },
    spec: {
      project: platformScope.name,
      source: {
        repoURL: repository,
        targetRevision: revision,
        path: `${folderOf(place.environment)}/${argoNamespace}`,
      },
      destination: { server: thisCluster, namespace: argoNamespace },
      revisionHistoryLimit,
      syncPolicy: syncPolicy([]),
    },
  });
}

/** What the cluster has once, in the folders of its own namespaces: before any service, which its policies judge. */
export function addClusterApplication(place: DeliveryPlace): void {
  const { repository, revision } = place.platform.delivery;
  const folders = ['cluster', ...clusterScope.namespaces];
  addArgoObject(place, 'Application', {
    name: clusterScope.name,
    wave: 'cluster',
    annotations: confirmedDeletion(place.environment),
    spec: {
      project: clusterScope.name,
      source: {
        repoURL: repository,
        targetRevision: revision,
        path: folderOf(place.environment),
        directory: { recurse: true, include: `{${folders.map((folder) => `${folder}/*`).join(',')}}` },
      },
      destination: { server: thisCluster, namespace: 'millrace-policy' },
      revisionHistoryLimit,
      syncPolicy: syncPolicy([]),
    },
  });
}
