import type { Chart } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { labelsOf, syncOptionsAnnotation, waveAnnotation, waves } from './place.ts';

/** Pod Security's strictest standard in all three modes, at the cluster's own version so that an upgrade changes nothing by itself. */
export function podSecurityLabels(clusterVersion: string): Record<string, string> {
  const modes = ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, `v${clusterVersion}`],
  ]);
  return Object.fromEntries(modes);
}

/** The namespace of a service; where it has an Ingress, a pod counts as ready only when the load balancer says so too. */
export function addNamespace(place: Place): void {
  const hasRoutes = Object.values(place.service.workloads).some((workload) => workload.routes?.length);
  addNamespaceObject(place.chart, {
    name: place.service.name,
    labels: {
      ...labelsOf(place, 'service'),
      ...podSecurityLabels(place.platform.cluster.version),
      ...(hasRoutes && { 'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled' }),
    },
  });
}

/** Pruning a namespace deletes all that is in it, so Argo CD asks first. */
export function addNamespaceObject(
  chart: Chart,
  facts: { name: string; labels: Record<string, string>; annotations?: Record<string, string> },
): void {
  new Namespace(chart, `namespace-${facts.name}`, {
    metadata: {
      name: facts.name,
      labels: facts.labels,
      annotations: {
        [waveAnnotation]: String(waves.namespace),
        [syncOptionsAnnotation]: 'Prune=confirm,Delete=confirm',
        ...facts.annotations,
      },
    },
  });
}
