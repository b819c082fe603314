import type { KubernetesObject } from '../evaluate.ts';

/** Kinds that make pods, beside the Deployment that the manifests of the cases are. */
export const podKinds = ['Pod', 'ReplicaSet', 'Job', 'CronJob', 'Rollout'] as const;

/** A Deployment's pods as another kind makes them. */
export function asKind(deployment: KubernetesObject, kind: string): KubernetesObject {
  const { metadata, spec } = deployment as { metadata: KubernetesObject; spec: KubernetesObject };
  const template = spec.template as { metadata?: KubernetesObject; spec: KubernetesObject };
  const { selector } = spec;
  const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
  switch (kind) {
    case 'Pod':
      return { apiVersion: 'v1', kind, metadata: { ...metadata, ...template.metadata }, spec: template.spec };
    case 'ReplicaSet':
      return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template } };
    case 'Job':
      return { apiVersion: 'batch/v1', kind, metadata, spec: { template: once } };
    case 'CronJob': {
      const schedule = '0 4 * * *';
      return { apiVersion: 'batch/v1', kind, metadata, spec: { schedule, jobTemplate: { spec: { template: once } } } };
    }
    case 'Rollout':
      return { apiVersion: 'argoproj.io/v1alpha1', kind, metadata, spec: { selector, template } };
    default:
      throw new Error(`${kind} makes no pods`);
  }
}
