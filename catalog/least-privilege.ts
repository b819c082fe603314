import { addOnGrants } from './add-on-grants.ts';
import { addOnIdentities } from './add-ons.ts';
import { arnOf, bucketArnOf } from './aws-names.ts';
import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import {
  bucketName,
  busName,
  cacheUser,
  clusterName,
  databaseUser,
  deadLetterQueueName,
  keyAlias,
  mailSender,
  queueName,
  roleName,
  secretName,
} from './names.ts';
import type { Access, Service } from './service.ts';
import { services } from './services.ts';

/** A condition of an IAM statement. */
export interface GrantCondition {
  test: 'StringEquals' | 'Null';
  variable: string;
  values: readonly string[];
}

/**
 * One statement that allows. Three resources are known only once they are made, and Terraform puts them in: a key, named
 * here by the ARN of its alias (IAM takes the key's), and what the two placeholders stand for.
 */
export interface Grant {
  sid: string;
  actions: readonly string[];
  resources: readonly string[];
  conditions: readonly GrantCondition[];
  /** Why its resources are not named one by one; only an add-on's grant may have such a reason. */
  wildcard?: string;
}

/** Who may take a role: a Kubernetes service account, by the subject and the audience of its token. */
export interface Trust {
  namespace: string;
  serviceAccount: string;
  subject: string;
  audience: string;
}

/** A role with everything that it may do. */
export interface Role {
  name: string;
  /** A service of the catalog, or the identity of an add-on. */
  owner: string;
  trust: Trust;
  grants: readonly Grant[];
}

/** Stands for the resource id of the Aurora cluster, `cluster-…`. */
export const auroraPlaceholder = '<aurora-resource-id>';
/** Stands for the id of the Redshift workgroup. */
export const warehousePlaceholder = '<warehouse-workgroup-id>';

/** Every role of an environment, services first, then add-ons, with its trust and its grants. */
export function allRoles(environment: EnvironmentName, all: readonly Service[] = services): Role[] {
  const own = all.map((service) => ({
    name: roleName(environment, service.name),
    owner: service.name,
    trust: trustOf(service.name, service.name),
    grants: grantsOf(service, environment),
  }));
  // KEDA's operator reads how deep the queues are.
  const grants: Record<string, Grant[]> = { ...addOnGrants(environment), keda: scalerGrants(environment, all) };
  const ofAddOns = addOnIdentities.map(({ name, namespace, serviceAccount }) => ({
    name: roleName(environment, name),
    owner: name,
    trust: trustOf(namespace, serviceAccount),
    grants: grants[name] ?? [],
  }));
  return [...own, ...ofAddOns];
}

/** Every grant of an environment with its role's name. */
export const allGrants = (
  environment: EnvironmentName,
  all: readonly Service[] = services,
): (Grant & { role: string })[] =>
  allRoles(environment, all).flatMap(({ name, grants }) => grants.map((grant) => ({ role: name, ...grant })));

/** Exactly what a service may do in an environment: what follows from its events, its database, access and secrets. */
export function grantsOf(service: Service, environment: EnvironmentName): Grant[] {
  return [
    ...publisherGrants(service, environment),
    ...consumerGrants(service, environment),
    ...(service.database ? [databaseGrant(service, environment)] : []),
    ...service.access.flatMap((access) => accessGrants(access, service, environment)),
    ...secretGrants(service, environment),
  ];
}

function trustOf(namespace: string, serviceAccount: string): Trust {
  const subject = `system:serviceaccount:${namespace}:${serviceAccount}`;
  return { namespace, serviceAccount, subject, audience: 'sts.amazonaws.com' };
}

function publisherGrants(service: Service, environment: EnvironmentName): Grant[] {
  const sources = [...new Set(service.publishes.map(({ source }) => source))];
  if (sources.length === 0) return [];
  const bus = arnOf(environment, 'events', `event-bus/${busName(environment)}`);
  const types = service.publishes.map(({ name }) => name).toSorted();
  return [
    {
      sid: 'PublishOwnEvents',
      actions: ['events:PutEvents'],
      resources: [bus],
      conditions: [equals('events:source', sources), equals('events:detail-type', types)],
    },
    // Before it publishes, the relay looks whether the bus is there: PutEvents to one that is not loses events in silence.
    { sid: 'LookForTheBus', actions: ['events:DescribeEventBus'], resources: [bus], conditions: [] },
  ];
}

function consumerGrants(service: Service, environment: EnvironmentName): Grant[] {
  const events = service.consumes.map(({ event }) => event.name).toSorted();
  if (events.length === 0) return [];
  const queue = (event: string): string => arnOf(environment, 'sqs', queueName(environment, service.name, event));
  const dead = (event: string): string =>
    arnOf(environment, 'sqs', deadLetterQueueName(environment, service.name, event));
  return [
    {
      sid: 'ReceiveOwnMessages',
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
      resources: events.map(queue),
      conditions: [],
    },
    {
      sid: 'SendOwnDeadLetters',
      actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
      resources: events.map(dead),
      conditions: [],
    },
    keyGrant({ sid: 'UseQueueKey', environment, purpose: `queues-${service.name}`, via: 'sqs', canWrite: true }),
  ];
}

/** Sign in to Aurora with IAM, as the service's own user and no other. */
function databaseGrant(service: Service, environment: EnvironmentName): Grant {
  const user = `dbuser:${auroraPlaceholder}/${databaseUser(service.name)}`;
  return {
    sid: 'ConnectToOwnDatabase',
    actions: ['rds-db:connect'],
    resources: [arnOf(environment, 'rds-db', user)],
    conditions: [],
  };
}

function accessGrants(access: Access, service: Service, environment: EnvironmentName): Grant[] {
  if (access.kind === 'cache') {
    const resources = [
      arnOf(environment, 'elasticache', `replicationgroup:${clusterName(environment)}`),
      arnOf(environment, 'elasticache', `user:${cacheUser(environment, service.name)}`),
    ];
    return [{ sid: 'ConnectToCache', actions: ['elasticache:Connect'], resources, conditions: [] }];
  }
  if (access.kind === 'warehouse') {
    const resources = [arnOf(environment, 'redshift-serverless', `workgroup/${warehousePlaceholder}`)];
    const actions = ['redshift-serverless:GetCredentials'];
    return [{ sid: 'ConnectToWarehouse', actions, resources, conditions: [] }];
  }
  if (access.kind === 'mail') return [mailGrant(environment)];
  // Who may call another service, security groups say.
  return access.kind === 'service' ? [] : bucketGrants(access, service, environment);
}

/** Send mail as the one sender of the environment's domain. Source: "Actions, resources, and condition keys for Amazon SES". */
function mailGrant(environment: EnvironmentName): Grant {
  const { domain } = environments[environment];
  return {
    sid: 'SendMail',
    actions: ['ses:SendEmail'],
    // An identity with a configuration set is asked for both.
    resources: [
      arnOf(environment, 'ses', `configuration-set/${clusterName(environment)}`),
      arnOf(environment, 'ses', `identity/${domain}`),
    ],
    conditions: [equals('ses:FromAddress', [mailSender(domain)])],
  };
}

function bucketGrants(
  access: Extract<Access, { kind: 'bucket' }>,
  service: Service,
  environment: EnvironmentName,
): Grant[] {
  const { name, allow, prefix = `${service.name}/` } = access;
  const bucket = bucketName(environment, environments[environment].account, name);
  const canWrite = allow === 'write';
  const words = pascal(name);
  const use: Grant = {
    sid: `${canWrite ? 'Write' : 'Read'}Bucket${words}`,
    // Who writes also reads back what it wrote, and takes away what nobody may keep any more.
    actions: canWrite ? ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'] : ['s3:GetObject'],
    resources: [bucketArnOf(environment, `${bucket}/${prefix}*`)],
    conditions: [],
  };
  // Without it S3 answers 403 for an object that is gone, and not 404. Source: S3 API reference, GetObject, "Permissions".
  const see: Grant = {
    sid: `SeeWhatIsGone${words}`,
    actions: ['s3:ListBucket'],
    resources: [bucketArnOf(environment, bucket)],
    conditions: [],
  };
  const sid = `UseBucketKey${words}`;
  const key = keyGrant({ sid, environment, purpose: `bucket-${name}`, via: 's3', canWrite });
  return canWrite ? [use, see, key] : [use, key];
}

function secretGrants(service: Service, environment: EnvironmentName): Grant[] {
  const names = (service.secrets ?? []).map((variable) => secretName(environment, service.name, variable)).toSorted();
  if (names.length === 0) return [];
  return [
    {
      sid: 'ReadOwnSecrets',
      actions: ['secretsmanager:GetSecretValue'],
      // Secrets Manager ends every ARN in a hyphen and six letters of its own.
      resources: names.map((name) => arnOf(environment, 'secretsmanager', `secret:${name}-??????`)),
      conditions: [],
    },
    keyGrant({ sid: 'UseSecretsKey', environment, purpose: 'secrets', via: 'secretsmanager', canWrite: false }),
  ];
}

interface KeyUse {
  sid: string;
  environment: EnvironmentName;
  purpose: string;
  via: string;
  canWrite: boolean;
}

/** Use of a key through one AWS service only. */
function keyGrant({ sid, environment, purpose, via, canWrite }: KeyUse): Grant {
  const { region } = environments[environment];
  const host = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    sid,
    actions: canWrite ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'],
    resources: [arnOf(environment, 'kms', keyAlias(environment, purpose))],
    conditions: [equals('kms:ViaService', [`${via}.${region}.${host}`])],
  };
}

function scalerGrants(environment: EnvironmentName, all: readonly Service[]): Grant[] {
  const resources = scalingQueues(environment, all).map((name) => arnOf(environment, 'sqs', name));
  if (resources.length === 0) return [];
  return [{ sid: 'ReadQueueDepth', actions: ['sqs:GetQueueAttributes'], resources, conditions: [] }];
}

/** The queues whose depth decides how many replicas a workload has. */
export function scalingQueues(environment: EnvironmentName, all: readonly Service[]): string[] {
  return all
    .flatMap((service) =>
      service.consumes
        .filter(({ workload }) => 'queueDepth' in (service.workloads[workload]?.scaleOn ?? {}))
        .map(({ event }) => queueName(environment, service.name, event.name)),
    )
    .toSorted();
}

const equals = (variable: string, values: readonly string[]): GrantCondition => ({
  test: 'StringEquals',
  variable,
  values,
});

const pascal = (name: string): string =>
  name
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
