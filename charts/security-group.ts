import { addCustomResource } from './custom-resources.ts';
import type { Place } from './place.ts';
import { confirmedDeletion, metadataOf } from './place.ts';

/**
 * The security groups of a service's pods: its own alone, which databases and caches admit. The cluster's group would let
 * every pod talk to every other; Terraform opens the own one to kubelet, CoreDNS, the API server and the load balancer
 * instead. A pod takes its groups when it is made and never again.
 */
export function securityGroupsOf({ platform, service }: Pick<Place, 'platform' | 'service'>): string[] {
  const own = platform.services[service.name]?.securityGroupId;
  return own ? [own] : [];
}

/** What separates services on Fargate, where NetworkPolicy is not enforced: a policy for every pod of the namespace. */
export function addSecurityGroupPolicy(place: Place): void {
  const { name } = place.service;
  addCustomResource(place.chart, 'SecurityGroupPolicy', {
    metadata: {
      ...metadataOf(place, { name, wave: 'identity', annotations: confirmedDeletion(place.environment) }),
      name,
    },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
      securityGroups: { groupIds: securityGroupsOf(place) },
    },
  });
}
