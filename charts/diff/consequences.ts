import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { PodCost } from '../cost/pods.ts';
import { resourceName } from './resource-changes.ts';

const byKind: Record<string, string> = {
  Namespace: 'everything in it goes with it',
  Service: 'nothing reaches its pods by this name any more',
  Ingress: 'its paths answer no more',
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

/** What a deletion does, in a few words; empty for a kind of which that is not known. */
export function consequenceOf(manifest: Manifest, pods: readonly PodCost[]): string {
  const cost = pods.find(({ object }) => object === resourceName(manifest));
  if (cost && !cost.isTask) return cost.minPods === 1 ? '1 pod stops' : `${cost.minPods} pods stop`;
  return byKind[manifest.kind] ?? '';
}
