import { environmentNames } from '@millrace/catalog/environments.ts';
import { describe, expect, it } from 'vitest';
import type { Built, BuiltResource } from '../built.ts';
import { unencryptedIn } from '../guards/encryption.ts';
import { allowedWildcards, judgeWildcards, wildcardsIn } from '../guards/wildcards.ts';
import { idealBuilt } from '../testing/ideal.ts';
import { driftLine, driftOf } from './drift.ts';

const ideal = idealBuilt('prod');
const linesOf = (built: Built): string[] => driftOf(built).map(driftLine);

const isA = (type: string, key: string, resource: BuiltResource): boolean =>
  resource.type === type && resource.address.includes(`["${key}"]`);
const without = (type: string, key: string): Built => ({
  ...ideal,
  resources: ideal.resources.filter((resource) => !isA(type, key, resource)),
});
/** @throws Error when nothing changes, so that no case passes by accident. */
function changed(type: string, key: string, values: Record<string, unknown>): Built {
  if (!ideal.resources.some((resource) => isA(type, key, resource))) throw new Error(`there is no ${type} ${key}`);
  const resources = ideal.resources.map((resource) =>
    isA(type, key, resource) ? { ...resource, values: { ...resource.values, ...values } } : resource,
  );
  return { ...ideal, resources };
}
const besides = (type: string, values: Record<string, unknown>): Built => ({
  ...ideal,
  resources: [...ideal.resources, { address: `module.platform.${type}.extra`, type, values }],
});
const textOf = (type: string, key: string, argument: string): string =>
  String(ideal.resources.find((resource) => isA(type, key, resource))?.values[argument]);
const rewritten = (type: string, key: string, argument: string, words: readonly [string, string]): Built => {
  const text = textOf(type, key, argument);
  if (!text.includes(words[0])) throw new Error(`${argument} of ${key} does not say ${words[0]}`);
  return changed(type, key, { [argument]: text.replace(...words) });
};

const order = 'prod-millrace-order';
const queue = `${order}-StockReserved`;

describe('drift between the two halves', () => {
  it.each(environmentNames)('is none where exactly what the catalog asks for is built: %s', (environment) => {
    expect(linesOf(idealBuilt(environment))).toEqual([]);
    expect(unencryptedIn(idealBuilt(environment))).toEqual([]);
  });

  it.each<[string, Built, string]>([
    ['a role is missing', without('aws_iam_role', order), `role ${order}: the catalog asks for it`],
    [
      'a role is for another account',
      rewritten('aws_iam_role', order, 'assume_role_policy', [':order:order', ':order:*']),
      `role ${order}: trusts others than`,
    ],
    [
      'a role trusts every audience',
      rewritten('aws_iam_role', order, 'assume_role_policy', [':aud"', ':azp"']),
      `role ${order}: trusts others than`,
    ],
    ['a role has no boundary', changed('aws_iam_role', order, { permissions_boundary: '' }), 'no permissions boundary'],
    [
      'a role has a boundary of AWS',
      changed('aws_iam_role', order, { permissions_boundary: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
      'no permissions boundary',
    ],
    [
      'a role may do more by itself',
      changed('aws_iam_role', order, {
        inline_policy: [{ policy: '{"Statement":{"Sid":"More","Effect":"Allow","Action":"s3:GetObject"}}' }],
      }),
      'may besides: Allow More',
    ],
    [
      'a role may do more',
      rewritten('aws_iam_role_policy', order, 'policy', [
        '"sqs:DeleteMessage"',
        '"sqs:DeleteMessage","sqs:PurgeQueue"',
      ]),
      'may besides: Allow ReceiveOwnMessages',
    ],
    ['a role may do less', without('aws_iam_role_policy', order), `role ${order}: may not: Allow PublishOwnEvents`],
    [
      'a role has a policy of AWS',
      besides('aws_iam_role_policy_attachment', {
        role: order,
        policy_arn: 'arn:aws:iam::aws:policy/AdministratorAccess',
      }),
      'AdministratorAccess, which nothing derives',
    ],
    [
      'a role is for an account that nobody knows',
      besides('aws_iam_role', { name: 'extra', assume_role_policy: '"system:serviceaccount:a:b"' }),
      'role extra: Terraform builds it',
    ],
    ['a queue is missing', without('aws_sqs_queue', queue), `queue ${queue}: the catalog asks for it`],
    [
      'a queue is extra',
      besides('aws_sqs_queue', { name: `${order}-Forgotten` }),
      `queue ${order}-Forgotten: Terraform builds`,
    ],
    [
      'a queue gives up early',
      changed('aws_sqs_queue', queue, { redrive_policy: '{"maxReceiveCount":1}' }),
      'redrive_policy is',
    ],
    [
      'a queue forgets early',
      changed('aws_sqs_queue', queue, { message_retention_seconds: 60 }),
      'message_retention_seconds is 60',
    ],
    ['a queue has no key', changed('aws_sqs_queue', queue, { kms_master_key_id: null }), 'kms_master_key_id is ""'],
    [
      'everybody may send to a queue',
      rewritten('aws_sqs_queue_policy', queue, 'policy', ['ArnEquals', 'ArnLike']),
      `queue ${queue}: who may send to it`,
    ],
    [
      'the policy of a queue stands at another one',
      changed('aws_sqs_queue_policy', queue, { queue_url: `${queue}-dlq` }),
      `queue ${queue}: who may send to it is []`,
    ],
    ['a rule is missing', without('aws_cloudwatch_event_rule', queue), `rule ${queue}: the catalog asks for it`],
    [
      'a rule takes another event',
      rewritten('aws_cloudwatch_event_rule', queue, 'event_pattern', ['StockReserved', 'StockRejected']),
      `rule ${queue}: its pattern is`,
    ],
    ['a rule is off', changed('aws_cloudwatch_event_rule', queue, { state: 'DISABLED' }), `rule ${queue}: its state`],
    [
      'a rule is extra',
      besides('aws_cloudwatch_event_rule', { name: 'extra', event_bus_name: 'prod-millrace' }),
      'rule extra: Terraform builds it',
    ],
    [
      'a target loses events',
      changed('aws_cloudwatch_event_target', queue, { dead_letter_config: [] }),
      'has no dead-letter queue that Terraform builds',
    ],
    [
      'a service may publish for another',
      rewritten('aws_cloudwatch_event_bus_policy', 'this', 'policy', ['millrace.order', 'millrace.payment']),
      'bus prod-millrace: who may publish',
    ],
    [
      'a service may publish for all others',
      rewritten('aws_cloudwatch_event_bus_policy', 'this', 'policy', ['"StringEquals"', '"StringNotEquals"']),
      'bus prod-millrace: who may publish',
    ],
    [
      'nobody watches dead letters',
      without('aws_cloudwatch_metric_alarm', `${queue}-dlq ApproximateNumberOfMessagesVisible`),
      `alarm ${queue}-dlq ApproximateNumberOfMessagesVisible`,
    ],
    [
      'a bucket is extra',
      besides('aws_s3_bucket', { bucket: 'prod-millrace-forgotten-777788889999' }),
      'bucket prod-millrace-forgotten-777788889999: Terraform builds it',
    ],
    [
      'a bucket is missing',
      without('aws_s3_bucket', 'prod-millrace-uploads-777788889999'),
      'bucket prod-millrace-uploads-777788889999: the catalog',
    ],
    [
      'a bucket has no key of its own',
      without('aws_s3_bucket_server_side_encryption_configuration', 'prod-millrace-uploads-777788889999'),
      'bucket prod-millrace-uploads-777788889999: its key',
    ],
    [
      'a bucket says nothing of its objects',
      without('aws_s3_bucket_notification', 'prod-millrace-uploads-777788889999'),
      'bucket that sends events prod-millrace-uploads-777788889999',
    ],
    [
      'a key is missing',
      without('aws_kms_alias', 'alias/prod-millrace-queues-order'),
      'key alias/prod-millrace-queues-order: the catalog',
    ],
    [
      'a key is extra',
      besides('aws_kms_alias', { name: 'alias/prod-millrace-queues-gone' }),
      'key alias/prod-millrace-queues-gone: Terraform',
    ],
    [
      'a key is not rotated',
      changed('aws_kms_key', 'alias/prod-millrace-secrets', { enable_key_rotation: false }),
      'is not rotated',
    ],
    [
      'a secret is missing',
      without('aws_secretsmanager_secret', 'prod/millrace/order/signing-key'),
      'secret prod/millrace/order/signing-key: the catalog',
    ],
    [
      'a secret stays for ever',
      without('aws_secretsmanager_secret_rotation', 'prod/millrace/order/signing-key'),
      'is never rotated',
    ],
    [
      'a secret is extra',
      besides('aws_secretsmanager_secret', { name: 'prod/millrace/order/old' }),
      'secret prod/millrace/order/old: Terraform',
    ],
    ['a repository is missing', without('aws_ecr_repository', 'order'), 'repository millrace/order: the catalog'],
    [
      'a repository is extra',
      besides('aws_ecr_repository', { name: 'millrace/gone' }),
      'repository millrace/gone: Terraform',
    ],
    [
      'a security group is extra',
      besides('aws_security_group', { name: 'prod-millrace-forgotten' }),
      'security group prod-millrace-forgotten: Terraform builds it',
    ],
    [
      'a key is extra',
      besides('aws_kms_alias', { name: 'alias/prod-millrace-forgotten', target_key_id: 'forgotten' }),
      'key alias/prod-millrace-forgotten: Terraform builds it',
    ],
    ['a security group is missing', without('aws_security_group', 'order'), `security group ${order}: the catalog`],
    ['logs go nowhere', without('aws_cloudwatch_log_group', 'order'), 'log group /millrace/prod/order: the catalog'],
    [
      'logs go early',
      changed('aws_cloudwatch_log_group', 'order', { retention_in_days: 7 }),
      'how many days it keeps is 7',
    ],
  ])('is told when %s', (_, built, wanted) => {
    expect(linesOf(built)).toContainEqual(expect.stringContaining(wanted));
  });

  it('is told of profiles: missing, extra, in other zones, and of pods that match none or two', () => {
    const [first] = ideal.resources.filter(({ type }) => type === 'aws_eks_fargate_profile');
    const name = String(first?.values['fargate_profile_name']);
    const missing = linesOf(without('aws_eks_fargate_profile', name));
    expect(missing).toContainEqual(expect.stringContaining(`Fargate profile ${name}: the catalog asks for it`));
    expect(missing).toContainEqual(expect.stringMatching(/^pod order .*matches 0 profiles, not one$/));
    const all = { fargate_profile_name: 'extra', selector: [{ namespace: 'o*', labels: {} }], subnet_ids: [] };
    const extra = linesOf(besides('aws_eks_fargate_profile', all));
    expect(extra).toContainEqual(expect.stringContaining('Fargate profile extra: Terraform builds it'));
    expect(extra).toContainEqual(expect.stringMatching(/^pod order .*matches 2 profiles, not one$/));
    const moved = linesOf(changed('aws_eks_fargate_profile', name, { subnet_ids: ['subnet-a'] }));
    expect(moved).toContainEqual(expect.stringContaining(`Fargate profile ${name}: its zones is ["a"]`));
  });
});

describe('rules for all that is built', () => {
  it('take a wildcard only where the list gives the reason, and no line of the list without a use', () => {
    const policy = (Action: string, Resource: string): string =>
      JSON.stringify({ Statement: { Sid: 'Wide', Effect: 'Allow', Action, Resource } });
    const leftIn = (built: Built) => judgeWildcards(wildcardsIn(built), allowedWildcards()).left;
    const judged = (text: string) => leftIn(besides('aws_iam_role_policy', { role: 'any', policy: text }));
    expect(judged(policy('sqs:SendMessage', 'arn:aws:sqs:::a'))).toEqual([]);
    expect(judged(policy('sqs:*', 'arn:aws:sqs:::a')).map(({ what }) => what)).toEqual(['sqs:*']);
    expect(judged(policy('sqs:SendMessage', '*')).map(({ what }) => what)).toEqual(['*']);
    const elsewhere = [
      besides('aws_cloudwatch_log_resource_policy', { policy_document: policy('logs:*', 'arn:aws:logs:::a') }),
      besides('aws_iam_role', { inline_policy: [{ policy: policy('logs:*', 'arn:aws:logs:::a') }] }),
    ];
    expect(elsewhere.map((built) => leftIn(built).map(({ what }) => what))).toEqual([['logs:*'], ['logs:*']]);
    const [row] = allowedWildcards();
    expect(judgeWildcards([], row ? [row] : []).unused).toEqual([row]);
    expect(allowedWildcards().every(({ reason }) => reason.length > 20)).toBe(true);
  });

  it('name what is not encrypted, and buckets with a way in', () => {
    expect(unencryptedIn(besides('aws_sns_topic', { name: 'open' }))).toEqual(['module.platform.aws_sns_topic.extra']);
    // Of a type that nobody has judged it is told that it could have a key.
    const unknown = besides('aws_kinesis_stream', { name: 'open', kms_key_id: null });
    expect(unencryptedIn(unknown)).toEqual(['module.platform.aws_kinesis_stream.extra']);
    const open = without('aws_s3_bucket_public_access_block', 'prod-millrace-uploads-777788889999');
    expect(unencryptedIn(open)).toEqual([expect.stringContaining('aws_s3_bucket.this["prod-millrace-uploads')]);
  });
});
