import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import { unboundClaims } from '@millrace/fargate/claims.ts';
import type { LocatedManifest, Manifest } from '@millrace/fargate/manifest.ts';
import type { Capacity } from '@millrace/fargate/plan.ts';
import { profileLimits } from '@millrace/fargate/profiles.ts';
import { schedulerRefusal } from '@millrace/fargate/refusal.ts';
import { findWorkloads } from '@millrace/fargate/workloads.ts';
import type { KubeObject, Pod } from './objects.ts';
import { conditionOf } from './objects.ts';

/** Who writes the event and the condition of a pod that stays Pending. */
export type Scheduler = 'fargate-scheduler' | 'default-scheduler';

export type Decision =
  | { outcome: 'placed'; profile: FargateProfile; size: string; provisioned: Capacity }
  | { outcome: 'refused'; by: Scheduler; message: string };

export interface DecisionFacts {
  profiles: readonly FargateProfile[];
  /** For the default scheduler's sentence: it names how many nodes it has looked at. */
  nodeCount: number;
  /** The claims that the pod mounts, and the cluster's volumes. */
  claims: readonly KubeObject[];
  volumes: readonly KubeObject[];
}

/**
 * What EKS does with a new pod, by the planner's own answers: a pod that a profile takes is Fargate's scheduler's, every
 * other one the default scheduler's, which finds no node that it tolerates.
 */
export function decide(pod: Pod, facts: DecisionFacts): Decision {
  const manifests = [
    located(pod, 'Pod', 'v1'),
    ...facts.claims.map((claim) => located(claim, 'PersistentVolumeClaim', 'v1')),
    ...facts.volumes.map((volume) => located(volume, 'PersistentVolume', 'v1')),
  ];
  const workloads = findWorkloads(manifests, facts.profiles);
  const [workload] = workloads;
  if (!workload) throw new Error('a pod is a workload');
  const { match, plan, template } = workload;
  if (match?.outcome !== 'matched') {
    return { outcome: 'refused', by: 'default-scheduler', message: noNodeWords(facts.nodeCount) };
  }
  const set = {
    manifests,
    workloads,
    profiles: facts.profiles,
    profileQuota: profileLimits.profiles,
    clusterSecurityGroup: undefined,
  };
  const refusal = schedulerRefusal(template.spec, plan, unboundClaims(workload, set));
  if (refusal !== undefined) return { outcome: 'refused', by: 'fargate-scheduler', message: refusal };
  // Too much ephemeral storage: nobody has quoted AWS's sentence for it.
  const message = "Your pod's ephemeral-storage requirement exceeds the max Fargate configuration";
  if (!plan.provisioned) return { outcome: 'refused', by: 'fargate-scheduler', message };
  return { outcome: 'placed', profile: match.profile, size: plan.size, provisioned: plan.provisioned };
}

/** A scheduler has looked at the pod before and left it. Fargate's does not try again: aws/containers-roadmap#2654. */
export const wasRefused = (pod: Pod): boolean => {
  const scheduled = conditionOf(pod.status.conditions, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
};

/** The default scheduler's words. Source: k8s.io/kubernetes v1.35, pkg/scheduler: schedule_one.go, types.go, tainttoleration. */
export function noNodeWords(nodeCount: number): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const none = `0/${nodeCount} nodes are available`;
  return `${none}: ${nodeCount} node(s) had untolerated taint(s). preemption: ${none}: ${nodeCount} Preemption is not helpful for scheduling.`;
}

const located = (object: KubeObject, kind: string, apiVersion: string): LocatedManifest => ({
  file: `${kind}/${object.metadata.name}`,
  document: 1,
  manifest: { ...(object as unknown as Manifest), kind, apiVersion },
});
