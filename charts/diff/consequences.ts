import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { PodCost } from '../cost/pods.ts';
import { resourceName } from './resource-changes.ts';
import { succeeds } from './restarts.ts';

const byKind: Record<string, string> = {
  Namespace: 'everything in it goes with it',
  Service: 'nothing reaches its pods by this name any more',
  Ingress: 'its paths answer no more',
  AnalysisTemplate: 'nothing judges a canary by it, and a Rollout that names it stands still',
  ServiceAccount: 'its pods lose their role',
  SecurityGroupPolicy: 'its pods fall back to the cluster’s security group',
  PodDisruptionBudget: 'evictions are not held back any more',
  HorizontalPodAutoscaler: 'nobody adds pods under load',
  ScaledObject: 'nobody adds pods when queues fill',
  NetworkPolicy: 'a documented wall is gone',
  ConfigMap: 'pods that read it do not start',
  PersistentVolumeClaim: 'its data may be deleted with it',
  ValidatingAdmissionPolicy: 'what it refused is let in',
  ValidatingAdmissionPolicyBinding: 'its policy holds no more',
};

/** What a deletion does, in a few words; empty for a kind of which that is not known. `added` may take its place. */
export function consequenceOf(
  manifest: Manifest,
  { pods, added }: { pods: readonly PodCost[]; added: readonly Manifest[] },
): string {
  const next = added.find((other) => succeeds(other, manifest));
  if (next) return `it becomes a ${next.kind}: its pods go when the new ones are ready`;
  const cost = pods.find(({ object }) => object === resourceName(manifest));
  if (cost && !cost.isTask) return cost.minPods === 1 ? '1 pod stops' : `${cost.minPods} pods stop`;
  return byKind[manifest.kind] ?? '';
}
