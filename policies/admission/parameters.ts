import type { Platform } from '@millrace/catalog/platform.ts';
import { policyParametersOf, policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';

/** The ConfigMap that an environment's policies read, for manifests that bring none of their own. */
export const policyParameters = (platform: Platform) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...policyParametersPlace },
  data: policyParametersOf(platform),
});
