import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allGrants } from '@millrace/catalog/least-privilege.ts';
import type { Built, BuiltResource } from '../built.ts';
import { listIn } from '../drift/built-index.ts';
import type { Statement } from '../drift/policy-document.ts';
import { statementsIn } from '../drift/policy-document.ts';

/** A `*` in a policy that may stand there, and why. */
export interface AllowedWildcard {
  /** The type and the statement: `aws_iam_role_policy SeeNetwork`. */
  where: string;
  reason: string;
}

/** A `*` in an action or as a whole resource of something that is allowed. */
export interface Wildcard {
  where: string;
  address: string;
  what: string;
}

/** The arguments in which the resources of the provider hold policies. */
const policyArguments = ['policy', 'policy_document', 'assume_role_policy', 'access_policy', 'repository_policy'];
/** In the policy of a key `*` is that key: it cannot name itself. */
const ownPolicies = new Set(['aws_kms_key', 'aws_kms_key_policy']);

/** Every `*` that a statement allows, wherever a policy stands in what Terraform builds. */
export function wildcardsIn({ resources }: Built): Wildcard[] {
  return resources.flatMap((resource) =>
    statementsOf(resource).flatMap((statement) =>
      starsIn(statement, resource).map((what) => ({
        where: `${resource.type} ${statement.sid}`,
        address: resource.address,
        what,
      })),
    ),
  );
}

function statementsOf({ values }: BuiltResource): Statement[] {
  const blocks = listIn(values, 'inline_policy').map(({ policy }) => policy);
  const texts = [...policyArguments.map((key) => values[key]), ...blocks];
  return texts
    .filter((text): text is string => typeof text === 'string' && text.trimStart().startsWith('{'))
    .flatMap(statementsIn)
    .filter(({ effect }) => effect === 'Allow');
}

function starsIn(
  { actions, resources, principals, negated, conditions }: Statement,
  { type }: BuiltResource,
): string[] {
  const isOfKey = ownPolicies.has(type);
  // The account's own root may administrate a key, or nobody could any more.
  const isRoot = isOfKey && principals.length === 1 && /^AWS arn:[^*]+:root$/.test(principals[0] ?? '');
  const anyone = principals.includes('AWS *') && conditions.length === 0;
  return [
    ...(isRoot ? [] : actions.filter((action) => action.includes('*'))),
    ...(isOfKey ? [] : resources.filter((resource) => resource === '*')),
    ...(anyone ? ['principal *'] : []),
    ...negated,
  ];
}

/** The list of those that may stand there: what the catalog gives a reason for, and wildcards.json. */
export function allowedWildcards(): AllowedWildcard[] {
  const rows = JSON.parse(readFileSync(join(import.meta.dirname, 'wildcards.json'), 'utf8')) as AllowedWildcard[];
  const ofCatalog = allGrants('prod').flatMap(({ sid, resources, wildcard }) =>
    wildcard === undefined || !resources.includes('*')
      ? []
      : [{ where: `aws_iam_role_policy ${sid}`, reason: wildcard }],
  );
  return [...rows, ...ofCatalog];
}

/** What is not allowed, and lines of the file that allow nothing any more. */
export function judgeWildcards(
  found: readonly Wildcard[],
  allowed: readonly AllowedWildcard[],
): { left: Wildcard[]; unused: AllowedWildcard[] } {
  const places = new Set(allowed.map(({ where }) => where));
  const used = new Set(found.map(({ where }) => where));
  return {
    left: found.filter(({ where }) => !places.has(where)),
    unused: allowed.filter(({ where }) => !used.has(where)),
  };
}
