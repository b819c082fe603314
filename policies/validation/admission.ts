import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';
import { objectName } from '@millrace/fargate/check.ts';
import type { LocatedManifest } from '@millrace/fargate/manifest.ts';
import type { AdmissionSet } from '../admission/evaluate.ts';
import { evaluate } from '../admission/evaluate.ts';
import { policyParameters } from '../admission/parameters.ts';
import type { Policy } from '../admission/policies.ts';
import { readActions, readPolicies } from '../admission/policies.ts';
import type { Finding, ValidatedSet } from './finding.ts';

/** Who applies what stands in Git. */
const argoCd = {
  username: 'system:serviceaccount:argocd:argocd-application-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:argocd', 'system:authenticated'],
};

/**
 * What the clusters' admission would say to every object when Argo CD creates it. A policy that anywhere denies is an
 * error in every environment: what only warns in dev would stop the release in prod.
 */
export async function checkAdmission(sets: readonly ValidatedSet[]): Promise<Finding[]> {
  const actions = readActions();
  const { verdicts } = await evaluate({ policies: readPolicies(), sets: sets.map(admissionSet) });
  return verdicts.flatMap((verdict): Finding[] => {
    const set = sets.find(({ environment }) => environment === (verdict.set as EnvironmentName));
    const located = set?.manifests[Number(verdict.id)];
    if (!set || !located) return [];
    const at = (facts: Pick<Finding, 'severity' | 'rule' | 'message'>): Finding => ({
      environment: set.environment,
      part: 'admission',
      file: located.file,
      line: located.line ?? 1,
      object: objectName(located),
      ...facts,
    });
    const unread = verdict.error ? [at({ severity: 'error', rule: 'V0', message: readable(verdict.error) })] : [];
    const denied = verdict.denied.map(({ policy, message }) => {
      const own = actions.exceptions[policy];
      return at({ severity: own && !own.includes('Deny') ? 'warning' : 'error', rule: ruleOf(policy), message });
    });
    return [...unread, ...denied];
  });
}

function admissionSet({ environment, manifests, platform }: ValidatedSet): AdmissionSet {
  const rendered = manifests.find(({ manifest }) => isParameters(manifest));
  return {
    name: environment,
    params: rendered?.manifest ?? policyParameters(platform),
    namespaces: manifests.map(({ manifest }) => manifest).filter(({ kind }) => kind === 'Namespace'),
    requests: manifests.map(({ manifest }, index) => ({ id: String(index), object: manifest, userInfo: argoCd })),
  };
}

const isParameters = ({ kind, metadata }: LocatedManifest['manifest']): boolean =>
  kind === 'ConfigMap' &&
  metadata.name === policyParametersPlace.name &&
  metadata.namespace === policyParametersPlace.namespace;

/** `v07-fargate-size` is rule V7. */
export const ruleOf = (policy: Policy['metadata']['name']): string =>
  policy.replace(/^v0?(\d+)-.*/, (_, number: string) => `V${number}`);

/** A value of a wrong type; the sentence of Kubernetes' decoder, without the names of its Go types. */
const readable = (error: string): string =>
  `Kubernetes cannot read it: ${error.replaceAll(/Go (struct field|value of type) [\w.]*?(\.\w)/g, 'field $2').split('\n')[0]}`;
