import { arnOf, bucketArnOf, roleArnOf } from '@millrace/catalog/aws-names.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { allRoles } from '@millrace/catalog/least-privilege.ts';
import { keyAlias, noticesName, roleName } from '@millrace/catalog/names.ts';
import { planProfiles, platformNamespaces } from '@millrace/catalog/profiles.ts';
import { services } from '@millrace/catalog/services.ts';
import { terraformInputs } from '@millrace/catalog/terraform-inputs.ts';
import type { Built, BuiltResource } from '../built.ts';

type Values = Record<string, unknown>;
const issuer = 'oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';

/** What Terraform would build if it built exactly what the catalog asks for: a test changes one thing and looks who notices. */
export function idealBuilt(environment: EnvironmentName): Built {
  const { catalog } = terraformInputs(environment, services);
  const resources: BuiltResource[] = [];
  const add = (type: string, key: string, values: Values): void => {
    resources.push({ address: `module.platform.module.ideal.${type}.this["${key}"]`, type, values });
  };
  const keys = [...new Set([...catalog.keys, keyAlias(environment, 'releases')])];
  const keyArn = (alias: string): string =>
    arnOf(environment, 'kms', `key/0000-${String(keys.indexOf(alias)).padStart(4, '0')}`);
  for (const alias of keys) {
    const [arn, id] = [keyArn(alias), keyArn(alias).split('/')[1]];
    add('aws_kms_key', alias, { arn, key_id: id, id, enable_key_rotation: true });
    add('aws_kms_alias', alias, { name: alias, target_key_id: id, target_key_arn: arn });
  }
  addRoles(environment, { add, keyArn });
  addEvents(environment, { add, keyArn });
  addStores(environment, { add, keyArn });
  addProfiles(environment, add);
  return { environment, resources, outputs: {} };
}

type Add = (type: string, key: string, values: Values) => void;
interface Making {
  add: Add;
  keyArn: (alias: string) => string;
}

function addRoles(environment: EnvironmentName, { add, keyArn }: Making): void {
  const provider = arnOf(environment, 'iam', `oidc-provider/${issuer}`);
  add('aws_iam_openid_connect_provider', 'cluster', { arn: provider, url: `https://${issuer}` });
  add('aws_rds_cluster', 'this', {
    cluster_resource_id: 'cluster-ABC',
    storage_encrypted: true,
    kms_key_id: 'arn',
    master_user_secret_kms_key_id: 'arn',
  });
  add('aws_prometheus_workspace', 'this', { id: 'ws-1', kms_key_arn: 'arn' });
  add('aws_iam_policy', 'boundary', { arn: 'arn', policy: '{}' });
  for (const { name, trust, grants } of allRoles(environment)) {
    const made = (resource: string): string => {
      const alias = /:kms:.*:(alias\/.+)$/.exec(resource)?.[1];
      if (alias !== undefined) return keyArn(alias);
      return resource
        .replace('<aurora-resource-id>', 'cluster-ABC')
        .replace('<warehouse-workgroup-id>', 'workgroup-1')
        .replace('<metrics-workspace-id>', 'ws-1');
    };
    const statements = grants.map(({ sid, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: resources.map(made),
      Condition: Object.fromEntries(
        [...new Set(conditions.map(({ test }) => test))].map((test) => [
          test,
          Object.fromEntries(
            conditions.filter((each) => each.test === test).map(({ variable, values }) => [variable, values]),
          ),
        ]),
      ),
    }));
    const who = { [`${issuer}:sub`]: trust.subject, [`${issuer}:aud`]: trust.audience };
    add('aws_iam_role', name, {
      name,
      permissions_boundary: 'arn',
      assume_role_policy: JSON.stringify({
        Statement: [
          {
            Sid: 'OwnServiceAccount',
            Effect: 'Allow',
            Action: 'sts:AssumeRoleWithWebIdentity',
            Principal: { Federated: provider },
            Condition: { StringEquals: who },
          },
        ],
      }),
    });
    add('aws_iam_role_policy', name, { role: name, policy: JSON.stringify({ Statement: statements }) });
  }
}

function addEvents(environment: EnvironmentName, { add, keyArn }: Making): void {
  const { subscriptions, publishers, bus } = terraformInputs(environment, services).catalog;
  add('aws_cloudwatch_event_bus', 'this', { name: bus.name });
  const publish = Object.values(publishers).map(({ role_arn, sources, events }) => ({
    Effect: 'Allow',
    Action: 'events:PutEvents',
    Principal: { AWS: roleArnOf(environment, 'root') },
    Resource: bus.arn,
    Condition: {
      ArnEquals: { 'aws:PrincipalArn': role_arn },
      StringEquals: { 'events:source': sources, 'events:detail-type': events },
    },
  }));
  const policy = JSON.stringify({ Statement: publish });
  add('aws_cloudwatch_event_bus_policy', 'this', { event_bus_name: bus.name, policy });
  add('aws_sqs_queue', 'notices', { name: noticesName(environment), kms_master_key_id: 'arn' });
  for (const each of Object.values(subscriptions)) {
    addSubscription(each, { add, keyArn });
    addWatch(environment, each, add);
  }
}

type Subscription = ReturnType<typeof terraformInputs>['catalog']['subscriptions'][string];

function ruleArn(environment: EnvironmentName, { bus, rule }: Subscription): string {
  return arnOf(environment, 'events', `rule/${bus === 'default' ? rule : `${bus}/${rule}`}`);
}

function addSubscription(each: Subscription, { add, keyArn }: Making): void {
  const [queue, dead] = [each.queue, each.dead_letter_queue];
  const key = keyArn(each.queue_key);
  add('aws_cloudwatch_event_rule', each.rule, {
    name: each.rule,
    event_bus_name: each.bus,
    event_pattern: each.pattern,
    state: 'ENABLED',
  });
  add('aws_cloudwatch_event_target', each.rule, {
    rule: each.rule,
    arn: each.queue_arn,
    dead_letter_config: [{ arn: each.dead_letter_queue_arn }],
  });
  add('aws_sqs_queue', queue, {
    name: queue,
    arn: each.queue_arn,
    kms_master_key_id: key,
    visibility_timeout_seconds: each.visibility_seconds,
    message_retention_seconds: each.queue_retention_seconds,
    redrive_policy: JSON.stringify({
      deadLetterTargetArn: each.dead_letter_queue_arn,
      maxReceiveCount: each.max_receives,
    }),
  });
  add('aws_sqs_queue', dead, {
    name: dead,
    arn: each.dead_letter_queue_arn,
    kms_master_key_id: key,
    message_retention_seconds: each.dead_letter_retention_seconds,
    redrive_allow_policy: JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [each.queue_arn] }),
  });
}

/** Who may send to its queues, and the alarms on them. */
function addWatch(environment: EnvironmentName, each: Subscription, add: Add): void {
  const [queue, dead] = [each.queue, each.dead_letter_queue];
  const source = ruleArn(environment, each);
  for (const [name, arn] of [
    [queue, each.queue_arn],
    [dead, each.dead_letter_queue_arn],
  ] as const) {
    const statement = {
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
      Resource: arn,
      Condition: { ArnEquals: { 'aws:SourceArn': source } },
    };
    add('aws_sqs_queue_policy', name, { queue_url: name, policy: JSON.stringify({ Statement: [statement] }) });
  }
  for (const [name, metric] of [
    [queue, 'ApproximateAgeOfOldestMessage'],
    [queue, 'ApproximateNumberOfMessagesVisible'],
    [dead, 'ApproximateNumberOfMessagesVisible'],
  ] as const) {
    const alarm = { dimensions: { QueueName: name }, metric_name: metric, alarm_actions: ['arn'] };
    add('aws_cloudwatch_metric_alarm', `${name} ${metric}`, alarm);
  }
}

function addStores(environment: EnvironmentName, { add, keyArn }: Making): void {
  const { catalog } = terraformInputs(environment, services);
  for (const { name, key, sends_events } of Object.values(catalog.buckets)) {
    add('aws_s3_bucket', name, { bucket: name, arn: bucketArnOf(environment, name) });
    const rule = [{ apply_server_side_encryption_by_default: [{ kms_master_key_id: keyArn(key) }] }];
    add('aws_s3_bucket_server_side_encryption_configuration', name, { bucket: name, rule });
    const blocks = ['block_public_acls', 'block_public_policy', 'ignore_public_acls', 'restrict_public_buckets'];
    add('aws_s3_bucket_public_access_block', name, {
      bucket: name,
      ...Object.fromEntries(blocks.map((block) => [block, true])),
    });
    if (sends_events) add('aws_s3_bucket_notification', name, { bucket: name, eventbridge: true });
  }
  for (const [name, service] of Object.entries(catalog.services)) {
    add('aws_ecr_repository', name, {
      name: service.repository,
      encryption_configuration: [{ kms_key: 'arn' }],
    });
    add('aws_security_group', name, { name: roleName(environment, name) });
    if (service.cache_user !== null) add('aws_elasticache_user', name, { user_name: service.cache_user });
    for (const secret of Object.values(service.secrets)) {
      const kms_key_id = keyArn(secret.key);
      add('aws_secretsmanager_secret', secret.name, { name: secret.name, id: secret.name, kms_key_id });
      add('aws_secretsmanager_secret_rotation', secret.name, { secret_id: secret.name });
    }
  }
  add('aws_eks_cluster', 'this', { name: catalog.cluster, encryption_config: [{ provider: [{ key_arn: 'arn' }] }] });
  add('aws_elasticache_replication_group', 'this', {
    replication_group_id: catalog.cluster,
    at_rest_encryption_enabled: 'true',
    transit_encryption_enabled: true,
    kms_key_id: 'arn',
  });
  add('aws_redshiftserverless_workgroup', 'this', { workgroup_name: catalog.cluster, workgroup_id: 'workgroup-1' });
  for (const namespace of [...Object.values(catalog.services).map((each) => each.namespace), ...platformNamespaces]) {
    add('aws_cloudwatch_log_group', namespace, {
      name: `/millrace/${environment}/${namespace}`,
      retention_in_days: catalog.log_retention_days,
      kms_key_id: 'arn',
    });
  }
}

function addProfiles(environment: EnvironmentName, add: Add): void {
  const { region } = environments[environment];
  for (const letter of 'abc') {
    add('aws_subnet', letter, { id: `subnet-${letter}`, availability_zone: `${region}${letter}` });
  }
  for (const { name, selectors, zones } of planProfiles(environment)) {
    add('aws_eks_fargate_profile', name, {
      fargate_profile_name: name,
      selector: selectors,
      subnet_ids: zones.map((zone) => `subnet-${zone}`),
    });
  }
}
