import { ApiObject } from 'cdk8s';
import { clusterLabels, waveAnnotation } from '../place.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { argoNamespace } from './project-scopes.ts';

interface GroupAndKind {
  group: string;
  kind: string;
}

/*
 * Fields that say no are left out and not written as false: Argo CD leaves them out too when it writes one of these objects,
 * and would then see a difference for ever.
 */

/** Source: github.com/argoproj/argo-cd v3.2.11, manifests/crds/appproject-crd.yaml. */
export interface AppProjectSpec {
  description: string;
  sourceRepos: readonly string[];
  sourceNamespaces: readonly string[];
  destinations: readonly { server: string; namespace: string }[];
  clusterResourceWhitelist: readonly GroupAndKind[];
  namespaceResourceWhitelist: readonly GroupAndKind[];
  namespaceResourceBlacklist?: readonly GroupAndKind[];
  orphanedResources?: { warn: boolean };
  roles?: readonly { name: string; description: string; groups: readonly string[]; policies: readonly string[] }[];
  signatureKeys?: readonly { keyID: string }[];
  syncWindows?: readonly {
    kind: 'allow' | 'deny';
    schedule: string;
    duration: string;
    timeZone: string;
    applications: readonly string[];
    manualSync: boolean;
  }[];
}

/** Source: as above, application-crd.yaml. */
export interface ApplicationSpec {
  project: string;
  source: {
    repoURL: string;
    targetRevision: string;
    path?: string;
    directory?: { recurse: true; include: string };
    chart?: string;
    helm?: { releaseName: string; valuesObject: object };
  };
  destination: { server: string; namespace: string };
  ignoreDifferences?: readonly IgnoredDifference[];
  revisionHistoryLimit: number;
  syncPolicy: {
    automated: { prune: true; selfHeal: true };
    managedNamespaceMetadata?: { labels: Record<string, string> };
    retry: { limit: number; refresh: boolean; backoff: { duration: string; factor: number; maxDuration: string } };
    syncOptions: readonly string[];
  };
}

/** Fields that somebody else writes in the cluster, so that Argo CD neither minds nor overwrites them. */
export interface IgnoredDifference {
  group?: string;
  kind: string;
  name?: string;
  jsonPointers?: readonly string[];
  jqPathExpressions?: readonly string[];
}

/** Source: as above, applicationset-crd.yaml. */
export interface ApplicationSetSpec {
  goTemplate: true;
  goTemplateOptions: readonly ['missingkey=error'];
  generators: readonly {
    git: { repoURL: string; revision: string; directories: readonly { path: string; exclude?: true }[] };
  }[];
  preservedFields: { annotations: readonly string[] };
  syncPolicy: { applicationsSync: 'sync' | 'create-update'; preserveResourcesOnDeletion: boolean };
  template: {
    metadata: { name: string; labels: Record<string, string>; finalizers?: readonly string[] };
    spec: ApplicationSpec;
  };
}

interface Specs {
  AppProject: AppProjectSpec;
  Application: ApplicationSpec;
  ApplicationSet: ApplicationSetSpec;
}

/** In which order the root Application applies what stands in its folder. */
const waves = { project: -5, cluster: -4, addOn: -3, services: 0, root: 10 } as const;

/** Keeps an object of Argo CD until nothing belongs to it any more; on an Application: takes all that it made with it. */
export const resourcesFinalizer = 'resources-finalizer.argocd.argoproj.io';

export interface ArgoObject<Kind extends keyof Specs> {
  name: string;
  wave: keyof typeof waves;
  spec: Specs[Kind];
  finalizers?: readonly string[];
  annotations?: Record<string, string>;
}

/** Adds something that Argo CD is told. */
export function addArgoObject<Kind extends keyof Specs>(
  { chart, environment, platform }: DeliveryPlace,
  kind: Kind,
  { name, wave, spec, finalizers, annotations }: ArgoObject<Kind>,
): void {
  new ApiObject(chart, `${kind}-${name}`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    metadata: {
      name,
      namespace: argoNamespace,
      labels: clusterLabels({ environment, platform, name: 'millrace-delivery', component: kind.toLowerCase() }),
      annotations: { [waveAnnotation]: String(waves[wave]), ...annotations },
      ...(finalizers && { finalizers: [...finalizers] }),
    },
    spec,
  });
}
