import type { Pod } from './objects.ts';

/** What made a pod. */
export interface WorkloadName {
  kind: string;
  namespace: string;
  name: string;
}

/**
 * The workload that a pod belongs to. A ReplicaSet is called after what made it, and after the hash of its template,
 * which a label of its pods holds: Deployments and Argo Rollouts have a label each.
 */
export function workloadOf({ metadata }: Pod): WorkloadName {
  const { namespace = 'default', labels = {}, ownerReferences = [] } = metadata;
  const owner = ownerReferences.find(({ controller }) => controller) ?? ownerReferences[0];
  if (!owner) return { kind: 'Pod', namespace, name: metadata.name };
  const makers = [
    { kind: 'Rollout', hash: labels['rollouts-pod-template-hash'] },
    { kind: 'Deployment', hash: labels['pod-template-hash'] },
  ];
  const maker = makers.find(({ hash }) => hash !== undefined && owner.name.endsWith(`-${hash}`));
  if (owner.kind !== 'ReplicaSet' || maker?.hash === undefined)
    return { kind: owner.kind, namespace, name: owner.name };
  return { kind: maker.kind, namespace, name: owner.name.slice(0, -maker.hash.length - 1) };
}

/** Of a Job, which ends by itself. */
export const isLasting = ({ spec }: Pod): boolean => (spec.restartPolicy ?? 'Always') === 'Always';
