import type { Fault } from '@millrace/catalog/fault.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { matchProfile, selects } from '@millrace/fargate/profiles.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { faultOf, podMakers } from './objects.ts';

/** X401 to X404: every pod matches exactly one Fargate profile, and there are not more profiles than the account may have. */
export function fargateProfiles(set: RenderedEnvironment): Fault[] {
  const profiles = planProfiles(set.environment);
  const { profileQuota } = set.platform.cluster;
  const quota: Fault[] = [];
  if (profiles.length > profileQuota) {
    const message = `${profiles.length} profiles are planned. Raise the quota in AWS, write it here, or spread over fewer zones.`;
    const place = `catalog/platform.${set.environment}.json cluster.profileQuota`;
    quota.push({ place, code: 'X404', message });
  }
  const pods = podMakers(set).flatMap(({ manifest, namespace, pod }) => {
    const labelled = { namespace, labels: pod.labels };
    const at = 'spec.template.metadata.labels';
    const match = matchProfile(labelled, profiles);
    const taking = profiles.filter(({ selectors }) => selectors.some((selector) => selects(selector, labelled)));
    if (match.outcome === 'none') {
      const hint = match.nearest ? ` The nearest: ${match.nearest}.` : '';
      const message = `no Fargate profile takes its pods, which stay Pending.${hint} Write the labels of a slice.`;
      return [faultOf(set, manifest, { code: 'X401', at, message })];
    }
    if (match.outcome === 'wrong-label') {
      const why = match.exists ? 'does not select them' : 'does not exist';
      const message = `its pods ask for profile ${match.wanted}, which ${why}. Write ${match.all[0] ?? 'one that does'}.`;
      return [faultOf(set, manifest, { code: 'X402', at, message })];
    }
    if (taking.length < 2) return [];
    const message = `${taking.map(({ name }) => name).join(' and ')} both take its pods. Write labels that only one selects.`;
    return [faultOf(set, manifest, { code: 'X403', at, message })];
  });
  return [...quota, ...pods];
}
