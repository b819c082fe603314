import type { Built, BuiltResource } from '../built.ts';

type Values = BuiltResource['values'];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isTrue = (value: unknown): boolean => value === true || value === 'true';
const first = (value: unknown): Values => (Array.isArray(value) ? ((value[0] ?? {}) as Values) : {});

/** How the provider names what chooses a key: `kms_key_id`, `encryption_configuration`. */
const keyName = /kms|encrypt/;

/** What keeps data at rest, and how its values say that a key of ours encrypts it. */
const kept: Readonly<Record<string, (values: Values) => boolean>> = {
  aws_athena_workgroup: ({ configuration }) =>
    isText(first(first(first(configuration)['result_configuration'])['encryption_configuration'])['kms_key_arn']),
  aws_cloudtrail: ({ kms_key_id }) => isText(kms_key_id),
  aws_cloudwatch_event_archive: ({ kms_key_identifier }) => isText(kms_key_identifier),
  aws_cloudwatch_log_group: ({ kms_key_id }) => isText(kms_key_id),
  aws_codebuild_project: ({ encryption_key }) => isText(encryption_key),
  aws_config_delivery_channel: ({ s3_kms_key_arn }) => isText(s3_kms_key_arn),
  aws_ecr_repository: ({ encryption_configuration }) => isText(first(encryption_configuration)['kms_key']),
  aws_efs_file_system: ({ encrypted, kms_key_id }) => isTrue(encrypted) && isText(kms_key_id),
  aws_eks_cluster: ({ encryption_config }) => isText(first(first(encryption_config)['provider'])['key_arn']),
  aws_elasticache_replication_group: ({ at_rest_encryption_enabled, transit_encryption_enabled, kms_key_id }) =>
    isTrue(at_rest_encryption_enabled) && isTrue(transit_encryption_enabled) && isText(kms_key_id),
  // Of a function only its variables are kept.
  aws_lambda_function: ({ kms_key_arn, environment }) =>
    isText(kms_key_arn) || Object.keys(first(environment)).length === 0,
  aws_prometheus_workspace: ({ kms_key_arn }) => isText(kms_key_arn),
  aws_rds_cluster: ({ storage_encrypted, kms_key_id, master_user_secret_kms_key_id }) =>
    isTrue(storage_encrypted) && isText(kms_key_id) && isText(master_user_secret_kms_key_id),
  aws_rds_cluster_instance: ({ performance_insights_enabled, performance_insights_kms_key_id, publicly_accessible }) =>
    (!isTrue(performance_insights_enabled) || isText(performance_insights_kms_key_id)) && !isTrue(publicly_accessible),
  aws_redshiftserverless_namespace: ({ kms_key_id }) => isText(kms_key_id),
  aws_redshiftserverless_workgroup: ({ publicly_accessible }) => !isTrue(publicly_accessible),
  aws_scheduler_schedule: ({ kms_key_arn }) => isText(kms_key_arn),
  aws_secretsmanager_secret: ({ kms_key_id }) => isText(kms_key_id),
  aws_sns_topic: ({ kms_master_key_id }) => isText(kms_master_key_id),
  aws_sqs_queue: ({ kms_master_key_id }) => isText(kms_master_key_id),
};

/** Types that can have a key and need none of ours, and why. */
const keepsNothing: Readonly<Record<string, string>> = {
  aws_cloudwatch_event_bus: 'It hands events on. A bus with an archive takes no key of ours; its archive has one.',
  aws_pipes_pipe: 'It hands on what a queue with a key of ours holds.',
  aws_s3_bucket: 'Its key is a resource of its own, which is looked at.',
};

/** What has no key of ours, and why. */
const exempt: Readonly<Record<string, string>> = {
  'aws_sqs_queue.bus_dead_letter':
    "It takes what the bus cannot encrypt because our key fails: SQS's own key encrypts it.",
  'aws_lambda_function.token': 'Its one variable is the list of our scopes, which stands in the source too.',
};

const isExempt = ({ address }: BuiltResource): boolean =>
  address.replace(/\[.*$/, '').split('.').slice(-2).join('.') in exempt;

/**
 * Addresses of what keeps data without a key of ours, or of a type that takes a key and that nobody has judged; and of buckets
 * without encryption or with a way in from outside.
 */
export function unencryptedIn(built: Built): string[] {
  const { resources } = built;
  const isKeyed = ({ type, values }: BuiltResource): boolean =>
    kept[type]?.(values) ?? (type in keepsNothing || !Object.keys(values).some((name) => keyName.test(name)));
  const own = resources.filter((resource) => !isKeyed(resource) && !isExempt(resource)).map(({ address }) => address);
  return [...own, ...openBuckets(resources)];
}

/** Which types are looked at: a test wants each of them to be built in prod. */
export const keptTypes = Object.keys(kept);

function openBuckets(resources: readonly BuiltResource[]): string[] {
  const has = (type: string, { values }: BuiltResource, holds: (values: Values) => boolean): boolean =>
    resources.some(
      (other) =>
        other.type === type && [values['bucket'], values['id']].includes(other.values['bucket']) && holds(other.values),
    );
  const blocks = ['block_public_acls', 'block_public_policy', 'ignore_public_acls', 'restrict_public_buckets'];
  return resources
    .filter(({ type }) => type === 'aws_s3_bucket')
    .filter(
      (bucket) =>
        !has('aws_s3_bucket_server_side_encryption_configuration', bucket, ({ rule }) => Array.isArray(rule)) ||
        !has('aws_s3_bucket_public_access_block', bucket, (values) => blocks.every((key) => isTrue(values[key]))),
    )
    .map(({ address }) => address);
}
