import { asCount, asMap, asTexts, fieldOf } from './fields.ts';
import type { Manifest } from './manifest.ts';

/** A pod's spec as it stands in YAML: nothing of it is checked yet. */
export type PodSpec = Readonly<Record<string, unknown>>;

/** The pods that a workload makes. */
export interface PodTemplate {
  spec: PodSpec;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** How many run at once; 1 when the manifest does not say, as Kubernetes does. */
  replicas: number;
}

/** Where each kind keeps its pod template and its number of pods. */
const places: Record<string, { template: readonly string[]; replicas: readonly string[] }> = {
  Pod: { template: [], replicas: [] },
  Deployment: { template: ['spec', 'template'], replicas: ['spec', 'replicas'] },
  StatefulSet: { template: ['spec', 'template'], replicas: ['spec', 'replicas'] },
  DaemonSet: { template: ['spec', 'template'], replicas: [] },
  ReplicaSet: { template: ['spec', 'template'], replicas: ['spec', 'replicas'] },
  ReplicationController: { template: ['spec', 'template'], replicas: ['spec', 'replicas'] },
  Job: { template: ['spec', 'template'], replicas: ['spec', 'parallelism'] },
  CronJob: {
    template: ['spec', 'jobTemplate', 'spec', 'template'],
    replicas: ['spec', 'jobTemplate', 'spec', 'parallelism'],
  },
  /** Argo Rollouts. One that borrows a Deployment's template (`workloadRef`) has none of its own. */
  Rollout: { template: ['spec', 'template'], replicas: ['spec', 'replicas'] },
};

/** The groups whose kinds are the ones above: another group's `Job` is something else. */
const groups = new Set(['', 'apps', 'batch', 'argoproj.io', 'extensions']);

/** The pod template of a workload; undefined for everything that makes no pods itself. */
export function podTemplateOf(manifest: Manifest): PodTemplate | undefined {
  const place = Object.hasOwn(places, manifest.kind) ? places[manifest.kind] : undefined;
  const group = manifest.apiVersion.includes('/') ? manifest.apiVersion.split('/')[0] : '';
  if (!place || !groups.has(group ?? '')) return undefined;
  const template = asMap(fieldOf(manifest, ...place.template));
  if (typeof template.spec !== 'object' || template.spec === null) return undefined;
  const count = place.replicas.length > 0 ? asCount(fieldOf(manifest, ...place.replicas)) : undefined;
  return {
    spec: asMap(template.spec),
    labels: asTexts(fieldOf(template, 'metadata', 'labels')),
    annotations: asTexts(fieldOf(template, 'metadata', 'annotations')),
    replicas: count ?? 1,
  };
}
