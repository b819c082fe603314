import { metricsPlaceholder } from '@millrace/catalog/add-on-grants.ts';
import { arnOf } from '@millrace/catalog/aws-names.ts';
import type { Grant, Role } from '@millrace/catalog/least-privilege.ts';
import { allRoles, auroraPlaceholder, warehousePlaceholder } from '@millrace/catalog/least-privilege.ts';
import type { Built } from '../built.ts';
import type { Drift, Values } from './built-index.ts';
import { byName, listIn, namesDrift, ofType, sortedJson, textIn } from './built-index.ts';
import type { Statement } from './policy-document.ts';
import { statementsIn } from './policy-document.ts';

const kind = 'role';

/** Every service account has its role, which trusts that account alone and may do exactly what follows from the catalog. */
export function roleDrift(built: Built): Drift[] {
  const roles = allRoles(built.environment);
  const found = byName(ofType(built, 'aws_iam_role'), 'name');
  const ofAccounts = [...found].filter(([, { values }]) => /system:serviceaccount:/.test(trustText(values)));
  const names = namesDrift({ kind, wanted: roles.map(({ name }) => name), found: ofAccounts.map(([name]) => name) });
  const own = roles.flatMap((role) => {
    const resource = found.get(role.name);
    if (!resource) return [];
    const { values } = resource;
    return [
      ...trustDrift(role, { values, built }),
      ...grantDrift(role, built),
      ...boundaryDrift(role, { values, built }),
    ];
  });
  return [...names, ...own];
}

const trustText = (values: Values): string => textIn(values, 'assume_role_policy');

function trustDrift({ name, trust }: Role, { values, built }: { values: Values; built: Built }): Drift[] {
  const provider = ofType(built, 'aws_iam_openid_connect_provider').find(({ values: { arn } }) =>
    trustText(values).includes(`"${arn}"`),
  );
  const issuer = textIn(provider?.values ?? {}, 'url').replace('https://', '');
  const wanted: Statement = {
    sid: 'OwnServiceAccount',
    effect: 'Allow',
    actions: ['sts:AssumeRoleWithWebIdentity'],
    resources: [],
    principals: [`Federated ${textIn(provider?.values ?? {}, 'arn')}`],
    conditions: [`StringEquals ${issuer}:aud ${trust.audience}`, `StringEquals ${issuer}:sub ${trust.subject}`],
    negated: [],
  };
  const found = statementsIn(trustText(values) || '{}');
  if (issuer !== '' && sortedJson(found) === sortedJson([wanted])) return [];
  const text = trustText(values).replaceAll(/\s+/g, ' ');
  return [{ kind, name, message: `trusts others than ${trust.subject} for ${trust.audience}: ${text}` }];
}

/** The last wall: whatever is attached to a role one day, it gives no more than the boundary, which is one of ours. */
function boundaryDrift({ name }: Role, { values, built }: { values: Values; built: Built }): Drift[] {
  if (policyOf(textIn(values, 'permissions_boundary'), built) !== undefined) return [];
  return [{ kind, name, message: 'has no permissions boundary that Terraform builds' }];
}

function grantDrift(role: Role, built: Built): Drift[] {
  const wanted = role.grants.map((grant) => describe(statementOf(grant, built)));
  const found = documentsOf(role.name, built)
    .flatMap(statementsIn)
    .map((statement) => describe(withAliases(statement, built)));
  const managed = attachedTo(role.name, built).filter((arn) => !policyOf(arn, built));
  return [
    ...wanted.filter((each) => !found.includes(each)).map((each) => fault(role, `may not: ${each}`)),
    ...found.filter((each) => !wanted.includes(each)).map((each) => fault(role, `may besides: ${each}`)),
    ...managed.map((arn) => fault(role, `has ${arn}, which nothing derives`)),
  ];
}

const fault = ({ name }: Role, message: string): Drift => ({ kind, name, message });

/** The policies of a role, inline and attached, that Terraform writes. */
function documentsOf(name: string, built: Built): string[] {
  const inline = ofType(built, 'aws_iam_role_policy').filter(({ values }) => values['role'] === name);
  const own = ofType(built, 'aws_iam_role').filter(({ values }) => values['name'] === name);
  const blocks = own.flatMap(({ values }) => listIn(values, 'inline_policy'));
  const attached = attachedTo(name, built).flatMap((arn) => policyOf(arn, built) ?? []);
  return [...[...inline.map(({ values }) => values), ...blocks].map((values) => textIn(values, 'policy')), ...attached];
}

const attachedTo = (name: string, built: Built): string[] =>
  ofType(built, 'aws_iam_role_policy_attachment')
    .filter(({ values }) => values['role'] === name)
    .map(({ values }) => textIn(values, 'policy_arn'));

function policyOf(arn: string, built: Built): string | undefined {
  const policy = ofType(built, 'aws_iam_policy').find(({ values }) => values['arn'] === arn);
  return policy && textIn(policy.values, 'policy');
}

/** A grant as IAM reads it: names that only AWS gives in place of those that stand for them. */
function statementOf({ sid, actions, resources, conditions }: Grant, built: Built): Statement {
  return {
    sid,
    effect: 'Allow',
    actions: actions.toSorted(),
    resources: resources.map((resource) => madeResource(resource, built)).sort(),
    principals: [],
    conditions: conditions
      .map(({ test, variable, values }) => `${test} ${variable} ${values.toSorted().join(',')}`)
      .sort(),
    negated: [],
  };
}

function madeResource(resource: string, built: Built): string {
  const only = (type: string, key: string): string => textIn(ofType(built, type)[0]?.values ?? {}, key);
  return resource
    .replace(auroraPlaceholder, () => only('aws_rds_cluster', 'cluster_resource_id'))
    .replace(warehousePlaceholder, () => only('aws_redshiftserverless_workgroup', 'workgroup_id'))
    .replace(metricsPlaceholder, () => only('aws_prometheus_workspace', 'id'));
}

/** Keys by the ARNs of their aliases, as the catalog names them: the numbers of keys say nothing. */
const withAliases = (statement: Statement, built: Built): Statement => ({
  ...statement,
  resources: statement.resources
    .map((resource) => {
      const alias = aliasOf(resource, built);
      return alias === resource ? resource : arnOf(built.environment, 'kms', alias);
    })
    .sort(),
});

/** The alias of a key that is named by its ARN or its id; the same text where there is no such key, or it has two. */
export function aliasOf(key: unknown, built: Built): string {
  if (typeof key !== 'string' || key === '') return '';
  const keys = ofType(built, 'aws_kms_key').filter(({ values }) => values['arn'] === key || values['key_id'] === key);
  const ids = keys.flatMap(({ values }) => [values['key_id'], values['arn']]);
  const names = ofType(built, 'aws_kms_alias')
    .filter(({ values }) => values['target_key_arn'] === key || ids.includes(values['target_key_id']))
    .map(({ values }) => textIn(values, 'name'));
  return names.length === 1 ? (names[0] ?? key) : key;
}

/** One line that says all of a statement. */
export const describe = ({ sid, effect, actions, resources, conditions, negated }: Statement): string =>
  [
    `${effect} ${sid}`,
    actions.join(' '),
    `on ${resources.join(' ')}`,
    ...conditions.map((each) => `if ${each}`),
    ...negated,
  ].join(', ');
