import { asMap, asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import { matchesPattern } from '@millrace/fargate/profiles.ts';

/** What a role may do, as `catalog.auto.tfvars.json` says it and `catalog/least-privilege.ts` computes it. */
export interface RoleAccess {
  name: string;
  /** Who may take it. */
  subject: string;
  grants: readonly { actions: readonly string[]; resources: readonly string[]; conditions: readonly Condition[] }[];
}

interface Condition {
  test: string;
  variable: string;
  values: readonly string[];
}

/** One thing that somebody may do now and could not before. */
export interface Widening {
  subject: string;
  what: string;
}

interface Permission {
  action: string;
  resource: string;
  conditions: readonly Condition[];
}

/** The permissions that no permission of before covers, by role; a role that others may take now counts too. */
export function roleWidenings(before: readonly RoleAccess[], after: readonly RoleAccess[]): Widening[] {
  return after.flatMap((role) => {
    const old = before.find(({ name }) => name === role.name);
    const subject = `role ${role.name}`;
    const known = old ? permissionsOf(old) : [];
    const trust =
      old?.subject === role.subject
        ? []
        : [{ subject, what: `may be taken by ${role.subject}${old ? '' : ' (a new role)'}` }];
    const grants = permissionsOf(role)
      .filter((permission) => !known.some((other) => covers(other, permission)))
      .map((permission) => ({ subject, what: `may ${words(permission)}` }));
    return [...trust, ...grants];
  });
}

/** The roles of a `catalog.auto.tfvars.json`; undefined when it has none. */
export function rolesIn(inputs: unknown): RoleAccess[] | undefined {
  const roles = asMap(fieldOf(inputs, 'catalog', 'roles'));
  if (Object.keys(roles).length === 0) return undefined;
  return Object.entries(roles).map(([name, value]) => {
    const role = asMap(value);
    return {
      name,
      subject: asText(role['subject']) ?? '',
      grants: asMaps(role['grants']).map((grant) => ({
        actions: texts(grant['actions']),
        resources: texts(grant['resources']),
        conditions: asMaps(grant['conditions']).map((condition) => ({
          test: asText(condition['test']) ?? '',
          variable: asText(condition['variable']) ?? '',
          values: texts(condition['values']),
        })),
      })),
    };
  });
}

const permissionsOf = ({ grants }: RoleAccess): Permission[] =>
  grants.flatMap(({ actions, resources, conditions }) =>
    actions.flatMap((action) => resources.map((resource) => ({ action, resource, conditions }))),
  );

/** Whether the first allows at least what the second does: wildcards count, and each of its conditions must be as narrow. */
function covers(wide: Permission, narrow: Permission): boolean {
  if (!matchesPattern(wide.action, narrow.action) || !matchesPattern(wide.resource, narrow.resource)) return false;
  return wide.conditions.every((condition) =>
    narrow.conditions.some(
      ({ test, variable, values }) =>
        test === condition.test &&
        variable === condition.variable &&
        values.every((value) => condition.values.includes(value)),
    ),
  );
}

function words({ action, resource, conditions }: Permission): string {
  const ifs = conditions.map(({ variable, values }) => `${variable} is ${values.join(' or ')}`);
  return `${action} on ${resource}${ifs.length > 0 ? ` if ${ifs.join(' and ')}` : ''}`;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
