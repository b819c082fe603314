import type { Rule } from './rule.ts';
import { disruptionRules } from './rules/disruption.ts';
import { identityRules } from './rules/identity.ts';
import { jobRules } from './rules/jobs.ts';
import { loggingRules } from './rules/logging.ts';
import { networkRules } from './rules/network.ts';
import { placementRules } from './rules/placement.ts';
import { profileRules } from './rules/profiles.ts';
import { sizeRules } from './rules/sizes.ts';
import { unsupportedRules } from './rules/unsupported.ts';
import { volumeRules } from './rules/volumes.ts';

/** Every rule, by its number. */
export const allRules: readonly Rule[] = [
  ...sizeRules,
  ...unsupportedRules,
  ...volumeRules,
  ...profileRules,
  ...placementRules,
  ...disruptionRules,
  ...networkRules,
  ...identityRules,
  ...loggingRules,
  ...jobRules,
].toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
