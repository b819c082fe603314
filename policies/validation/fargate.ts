import { planProfiles } from '@millrace/catalog/profiles.ts';
import { checkFargate } from '@millrace/fargate/check.ts';
import type { Finding, ValidatedSet } from './finding.ts';

/** What Fargate would refuse or ignore, with the profiles that the catalog plans. Notes are not told here. */
export function checkOnFargate(sets: readonly ValidatedSet[]): Finding[] {
  return sets.flatMap(({ environment, manifests, platform }) => {
    // No clusterSecurityGroup, which F18 would want first: here V24 decides, our groups are open to what pods need.
    const profiles = planProfiles(environment);
    const { findings } = checkFargate(manifests, { profiles, profileQuota: platform.cluster.profileQuota });
    return findings.flatMap(({ severity, rule, file, line, object, message, fix }): Finding[] => {
      if (severity === 'note') return [];
      return [{ environment, part: 'fargate', severity, file, line, rule, object, message: `${message} ${fix}` }];
    });
  });
}
