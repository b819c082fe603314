import { createHash } from 'node:crypto';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Pin } from '@millrace/catalog/releases.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { ApiObjectMetadata, Chart } from 'cdk8s';

/** Where and for whom an object is made: a service in an environment, with the release that runs there. */
export interface Place {
  chart: Chart;
  service: Service;
  environment: EnvironmentName;
  platform: Platform;
  pin: Pin;
  /** The pin names no image yet. */
  isExample: boolean;
}

/** In which order Argo CD applies, and in reverse deletes. */
export const waves = { namespace: -5, identity: -4, config: -3, migration: -2, workload: 0, scaling: 1 } as const;
export type Wave = keyof typeof waves;

export const waveAnnotation = 'argocd.argoproj.io/sync-wave';
/** What Argo CD does otherwise with one object. */
export const syncOptionsAnnotation = 'argocd.argoproj.io/sync-options';
/**
 * What guards others, or stands for many things, does not go by a missing file alone where the environment asks first: Argo CD
 * waits until somebody confirms it.
 */
export const confirmedDeletion = (environment: EnvironmentName): Record<string, string> =>
  environments[environment].confirmsDeletion ? { [syncOptionsAnnotation]: 'Prune=confirm,Delete=confirm' } : {};

/** Marks what runs an image that does not exist; the admission policy for images refuses it in prod. */
export const exampleAnnotation = 'millrace.dev/example-image';

/** The labels of a service's object. `component` is a workload's name, or `service` for what all workloads share. */
export function labelsOf(place: Place, component: string): Record<string, string> {
  const { service, environment, pin } = place;
  return {
    'app.kubernetes.io/name': service.name,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'millrace',
    'app.kubernetes.io/managed-by': 'argocd',
    'app.kubernetes.io/version': pin.revision.slice(0, 12),
    'millrace.dev/owner': service.owner,
    'millrace.dev/data-class': service.dataClass,
    'millrace.dev/environment': environment,
  };
}

/** The labels of what belongs to the cluster and to no service. */
export const clusterLabels = (facts: {
  environment: EnvironmentName;
  platform: Platform;
  name: string;
  component: string;
}): Record<string, string> => ({
  'app.kubernetes.io/name': facts.name,
  'app.kubernetes.io/component': facts.component,
  'app.kubernetes.io/part-of': 'millrace',
  'app.kubernetes.io/managed-by': 'argocd',
  'app.kubernetes.io/version': facts.platform.cluster.version,
  'millrace.dev/owner': 'platform',
  'millrace.dev/data-class': 'internal',
  'millrace.dev/environment': facts.environment,
});

/** What finds the pods of a workload, in every slice of it. */
export const selectorOf = (service: Service, workload: string): Record<string, string> => ({
  'app.kubernetes.io/name': service.name,
  'app.kubernetes.io/component': workload,
});

/** The metadata of an object in the service's namespace. */
export function metadataOf(
  place: Place,
  facts: { name: string; component?: string; wave: Wave; annotations?: Record<string, string> },
): ApiObjectMetadata {
  return {
    name: facts.name,
    namespace: place.service.name,
    labels: labelsOf(place, facts.component ?? 'service'),
    annotations: { [waveAnnotation]: String(waves[facts.wave]), ...facts.annotations },
  };
}

/** A short name for a value's content: pods that carry it are replaced when the value changes. */
export const checksumOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** How many of `total` each of `count` slices gets: `share(5, 3)` is 2, 2, 1. */
export const share = (total: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.floor(total / count) + (index < total % count ? 1 : 0));
