import { createHash } from 'node:crypto';
import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import type { Workload } from './service.ts';

/** One selector of a Fargate profile. A pod matches when its namespace does (`*` and `?` are wildcards) and all labels do. */
export interface ProfileSelector {
  namespace: string;
  labels: Record<string, string>;
}

/** A Fargate profile: pods that match one of its selectors run in one of its zones. */
export interface FargateProfile {
  name: string;
  selectors: readonly ProfileSelector[];
  /** Zones by their letter, `a` for the environment's first. */
  zones: readonly string[];
}

/** The pod label that says which slice a pod belongs to: a zone's letter, or `any`. Each profile of ours selects one value. */
export const zoneLabel = 'millrace.dev/zone';
/** The pod label by which EKS takes this profile when several match. Source: EKS user guide, "Fargate profiles". */
export const profileLabel = 'eks.amazonaws.com/fargate-profile';
/** Namespaces of the cluster's own parts, which have no slices. */
export const platformNamespaces = ['kube-system', 'argocd', 'argo-rollouts', 'keda', 'opentelemetry'] as const;

const letters = 'abcdef';

/** The letters of an environment's zones. */
const zonesOf = (environment: EnvironmentName): string[] => [...letters.slice(0, environments[environment].zoneCount)];

/** The slices of a workload: `['any']`, or the letters of the zones that get a Deployment each. */
export function slicesOf(workload: Workload, environment: EnvironmentName): string[] {
  if (!workload.spreadIn?.includes(environment)) return ['any'];
  return zonesOf(environment).slice(0, workload.replicas[environment]);
}

/**
 * The profiles of an environment: one for pods that may run in any zone, one for each zone (with that zone's subnet alone,
 * which is what spreads), one for the cluster's own parts. Services are told apart by namespace, not by profile, so the
 * number does not grow with them. A profile cannot be changed, so its name ends in a hash of what it selects.
 */
export function planProfiles(environment: EnvironmentName): FargateProfile[] {
  const zones = zonesOf(environment);
  const slice = (value: string): ProfileSelector[] => [{ namespace: '*', labels: { [zoneLabel]: value } }];
  return [
    named(environment, 'any', { selectors: slice('any'), zones }),
    ...zones.map((zone) => named(environment, `zone-${zone}`, { selectors: slice(zone), zones: [zone] })),
    named(environment, 'platform', {
      selectors: platformNamespaces.map((namespace) => ({ namespace, labels: {} })),
      zones,
    }),
  ];
}

/** The name of the profile that takes a slice's pods. @throws RangeError for a slice that the environment has not. */
export function profileOfSlice(environment: EnvironmentName, slice: string): string {
  const profile = planProfiles(environment).find(({ selectors }) => selectors[0]?.labels[zoneLabel] === slice);
  if (!profile) throw new RangeError(`${environment} has no slice "${slice}"`);
  return profile.name;
}

function named(environment: EnvironmentName, role: string, facts: Omit<FargateProfile, 'name'>): FargateProfile {
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 8);
  return { name: `${environment}-${role}-${hash}`, ...facts };
}
