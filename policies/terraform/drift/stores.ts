import { keyAlias, roleName, secretName } from '@millrace/catalog/names.ts';
import { platformNamespaces } from '@millrace/catalog/profiles.ts';
import { services } from '@millrace/catalog/services.ts';
import { terraformInputs } from '@millrace/catalog/terraform-inputs.ts';
import type { Built } from '../built.ts';
import type { Drift } from './built-index.ts';
import { listIn, namesDrift, ofType, textIn, valueDrift } from './built-index.ts';
import { aliasOf } from './roles.ts';

type Catalog = ReturnType<typeof terraformInputs>['catalog'];

/** What the platform has for itself, of which the catalog knows nothing: whoever adds one says so here. */
const ownBuckets = ['alb-logs', 'documents', 'lake', 'logs'];
const ownGroups = ['aurora', 'bootstrap', 'cache', 'configuration', 'endpoints', 'load-balancer', 'warehouse'];
const ownKeys = [
  'alerts',
  'aurora',
  'bus',
  'cache',
  'documents',
  'ecr',
  'efs',
  'eks',
  'lake',
  'logs',
  'redshift',
  'trail',
];

/** What services keep things in, and what they are told apart by: it is there, under its key, and nothing extra. */
export function storeDrift(built: Built): Drift[] {
  const { catalog } = terraformInputs(built.environment, services);
  return [
    ...bucketDrift(catalog, built),
    ...keyDrift(catalog, built),
    ...secretDrift(catalog, built),
    ...nameSets(catalog, built),
    ...logDrift(catalog, built),
  ];
}

function bucketDrift({ buckets, cluster, account }: Catalog, built: Built): Drift[] {
  const own = ownBuckets.map((bucket) => `${cluster}-${bucket}-${account}`);
  const found = namesOf(built, 'aws_s3_bucket', 'bucket');
  const wanted = Object.values(buckets);
  const encryption = ofType(built, 'aws_s3_bucket_server_side_encryption_configuration');
  const keyOf = (name: string): string => {
    const [rule = {}] = encryption
      .filter(({ values }) => values['bucket'] === name)
      .flatMap(({ values }) => listIn(values, 'rule'));
    const [standard = {}] = listIn(rule, 'apply_server_side_encryption_by_default');
    return aliasOf(standard['kms_master_key_id'], built);
  };
  return [
    ...namesDrift({
      kind: 'bucket',
      wanted: wanted.map(({ name }) => name),
      found,
      isOwn: (name) => own.includes(name),
    }),
    ...wanted.flatMap(({ name, key }) =>
      valueDrift({ kind: 'bucket', name, what: 'its key', wanted: key, found: keyOf(name) }),
    ),
    ...eventBuckets(buckets, built),
  ];
}

/** Those whose objects a service hears of tell EventBridge, and no others. */
function eventBuckets(buckets: Catalog['buckets'], built: Built): Drift[] {
  const wanted = Object.values(buckets).flatMap(({ name, sends_events }) => (sends_events ? [name] : []));
  const found = ofType(built, 'aws_s3_bucket_notification').flatMap(({ values }) =>
    values['eventbridge'] === true ? [textIn(values, 'bucket')] : [],
  );
  return namesDrift({ kind: 'bucket that sends events', wanted, found });
}

/** Keys of services: of their queues, of buckets in the catalog, of secrets, of releases. Others are the platform's. */
function keyDrift({ keys }: Catalog, built: Built): Drift[] {
  const own = ownKeys.map((purpose) => keyAlias(built.environment, purpose));
  const isOwn = (name: string): boolean => own.includes(name);
  const targets = ofType(built, 'aws_kms_alias').map(({ values }) => textIn(values, 'target_key_id'));
  const rotating = ofType(built, 'aws_kms_key').filter(({ values }) => values['enable_key_rotation'] !== true);
  return [
    ...namesDrift({ kind: 'key', wanted: keys, found: namesOf(built, 'aws_kms_alias', 'name'), isOwn }),
    ...[...new Set(targets.filter((id, index) => targets.indexOf(id) !== index))].map((name) => ({
      kind: 'key',
      name,
      message: 'has two aliases: each purpose has a key of its own',
    })),
    ...rotating.map(({ address }) => ({ kind: 'key', name: address, message: 'is not rotated' })),
  ];
}

function secretDrift({ services: all }: Catalog, built: Built): Drift[] {
  const wanted = Object.values(all).flatMap(({ secrets }) => Object.values(secrets));
  const secrets = ofType(built, 'aws_secretsmanager_secret');
  const ofServices = (name: string): boolean =>
    services.some((service) => name.startsWith(secretName(built.environment, service.name, '')));
  const rotated = ofType(built, 'aws_secretsmanager_secret_rotation').map(({ values }) => textIn(values, 'secret_id'));
  return [
    ...namesDrift({
      kind: 'secret',
      wanted: wanted.map(({ name }) => name),
      found: secrets.map(({ values }) => textIn(values, 'name')),
      isOwn: (name) => !ofServices(name),
    }),
    ...wanted.flatMap(({ name, key }) => {
      const values = secrets.find((secret) => secret.values['name'] === name)?.values;
      if (!values) return [];
      const own = { kind: 'secret', name };
      const isRotated = rotated.some((id) => id !== '' && [values['id'], values['arn']].includes(id));
      return [
        ...valueDrift({ ...own, what: 'its key', wanted: key, found: aliasOf(values['kms_key_id'], built) }),
        ...(isRotated ? [] : [{ ...own, message: 'is never rotated' }]),
      ];
    }),
  ];
}

/** What is known by its name alone. */
function nameSets({ services: all, cluster }: Catalog, built: Built): Drift[] {
  const entries = Object.entries(all);
  const cacheUsers = entries.flatMap(([, { cache_user }]) => cache_user ?? []);
  const groups = entries.map(([name]) => roleName(built.environment, name));
  return [
    ...namesDrift({
      kind: 'repository',
      wanted: entries.map(([, { repository }]) => repository),
      found: namesOf(built, 'aws_ecr_repository', 'name'),
    }),
    ...namesDrift({
      kind: 'cache user',
      wanted: cacheUsers,
      found: namesOf(built, 'aws_elasticache_user', 'user_name'),
      isOwn: (name) => name === 'default',
    }),
    ...namesDrift({
      kind: 'security group',
      wanted: groups,
      found: namesOf(built, 'aws_security_group', 'name'),
      isOwn: (name) => ownGroups.some((group) => name === `${cluster}-${group}`),
    }),
    ...namesDrift({ kind: 'cluster', wanted: [cluster], found: namesOf(built, 'aws_eks_cluster', 'name') }),
    ...namesDrift({
      kind: 'replication group',
      wanted: [cluster],
      found: namesOf(built, 'aws_elasticache_replication_group', 'replication_group_id'),
    }),
    ...namesDrift({
      kind: 'warehouse',
      wanted: [cluster],
      found: namesOf(built, 'aws_redshiftserverless_workgroup', 'workgroup_name'),
    }),
    ...namesDrift({ kind: 'bus', wanted: [cluster], found: namesOf(built, 'aws_cloudwatch_event_bus', 'name') }),
  ];
}

/** Where the log router writes to: a group for each namespace, which stays as long as the catalog says. */
function logDrift({ services: all, environment, log_retention_days }: Catalog, built: Built): Drift[] {
  const namespaces = [...Object.values(all).map(({ namespace }) => namespace), ...platformNamespaces];
  const groups = ofType(built, 'aws_cloudwatch_log_group');
  const wanted = namespaces.map((namespace) => `/millrace/${environment}/${namespace}`);
  const isOurs = (name: string): boolean => new RegExp(`^/millrace/${environment}/[^/]+$`).test(name);
  return [
    ...namesDrift({
      kind: 'log group',
      wanted,
      found: groups.map(({ values }) => textIn(values, 'name')),
      isOwn: (name) => !isOurs(name),
    }),
    ...groups
      .filter(({ values }) => wanted.includes(textIn(values, 'name')))
      .flatMap(({ values }) =>
        valueDrift({
          kind: 'log group',
          name: textIn(values, 'name'),
          what: 'how many days it keeps',
          wanted: log_retention_days,
          found: values['retention_in_days'],
        }),
      ),
  ];
}

const namesOf = (built: Built, type: string, key: string): string[] =>
  ofType(built, type).map(({ values }) => textIn(values, key));
