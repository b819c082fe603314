import { k8s } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { confirmedDeletion, metadataOf, selectorOf } from './place.ts';

/**
 * At most one pod of a workload goes at a time when Fargate patches its hosts, over all slices: a pod that two budgets
 * select cannot be evicted. A workload with one replica has none: a budget of it would refuse every eviction.
 */
export function addDisruptionBudget(place: Place, workload: string): void {
  const replicas = place.service.workloads[workload]?.replicas[place.environment] ?? 0;
  if (replicas < 2) return;
  const name = `${place.service.name}-${workload}`;
  new k8s.KubePodDisruptionBudget(place.chart, `budget-${name}`, {
    metadata: metadataOf(place, {
      name,
      component: workload,
      wave: 'scaling',
      annotations: confirmedDeletion(place.environment),
    }),
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: selectorOf(place.service, workload) },
      // A pod that is not ready holds up no patch day.
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
