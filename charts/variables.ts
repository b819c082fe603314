import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import {
  bucketName,
  busName,
  cacheUser,
  clusterName,
  mailSender,
  variableName,
  warehouseUser,
  workloadHost,
} from '@millrace/catalog/names.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Access, Service } from '@millrace/catalog/service.ts';

export const port = 8080;

interface Facts {
  service: Service;
  environment: EnvironmentName;
  platform: Platform;
  /** Every service, to find those that it calls. */
  services: readonly Service[];
}

/**
 * The variables that all workloads of a service read (pod.ts adds those of one pod); runtime/config.ts and services/<name>/config.ts say what they mean.
 * No secret is among them: `<NAME>_SECRET_ARN` says where the service reads one itself, with its role.
 */
export function variablesOf(facts: Facts): Record<string, string> {
  const { service, environment, platform } = facts;
  return {
    MILLRACE_ENVIRONMENT: environment,
    HOST: '0.0.0.0',
    PORT: String(port),
    LOG_LEVEL: 'info',
    OTEL_EXPORTER_OTLP_ENDPOINT: platform.telemetry.otlpEndpoint,
    // glibc keeps an arena for each core otherwise, which half a gigabyte has no room for.
    MALLOC_ARENA_MAX: '2',
    ...databaseVariables(service, platform),
    ...((service.publishes.length > 0 || service.consumes.length > 0) && { EVENT_BUS_NAME: busName(environment) }),
    ...tokenVariables(service, platform),
    ...pageVariables(facts),
    ...webhookVariables(facts),
    ...accessVariables(facts),
    ...secretVariables(service, platform),
  };
}

/** The password is an IAM token, asked for at each connection; the role is named like the service. */
function databaseVariables(service: Service, { aurora }: Platform): Record<string, string> {
  if (!service.database) return {};
  const url = `postgresql://${service.name}@${aurora.writer}:${aurora.port}/${service.name}`;
  return { DATABASE_URL: url, DATABASE_IAM: 'true' };
}

function tokenVariables(service: Service, { identity }: Platform): Record<string, string> {
  if (!hasRoutes(service)) return {};
  const { issuerUrl, jwksUrl, clientIds } = identity;
  return { ISSUER_URL: issuerUrl, JWKS_URL: jwksUrl, CLIENT_IDS: clientIds.join(',') };
}

/** The service that answers `/*` serves the page: it logs people in, and their browsers send files to buckets themselves. */
function pageVariables(facts: Facts): Record<string, string> {
  const { service, environment, platform } = facts;
  if (!routesOf(service).includes('/*')) return {};
  const [clientId = ''] = platform.identity.clientIds;
  const origins = bucketsBehind(facts).map((name) => `https://${name}.s3.${platform.region}.amazonaws.com`);
  return {
    PUBLIC_URL: `https://${environments[environment].domain}`,
    CLIENT_ID: clientId,
    // Cognito knows these; a person's groups add the scopes of our APIs when the token is made (terraform/functions/token).
    LOGIN_SCOPES: 'openid email profile',
    ...(origins.length > 0 && { UPLOAD_ORIGIN: origins.join(' ') }),
  };
}

/** The buckets that the services write which the page calls. */
function bucketsBehind({ service, services, environment, platform }: Facts): string[] {
  const called = service.access.flatMap((access) => (access.kind === 'service' ? [access.name] : []));
  const accesses = services.filter(({ name }) => called.includes(name)).flatMap(({ access }) => access);
  return accesses.flatMap((access) =>
    access.kind === 'bucket' && access.allow === 'write'
      ? [bucketName(environment, platform.account, access.name)]
      : [],
  );
}

/** Who has a key for webhooks takes them below its own routes; the simulated provider, in its pods, calls that address. */
function webhookVariables({ service, services }: Facts): Record<string, string> {
  const route = routesOf(service).find((path) => path.endsWith('/*'));
  if (!service.secrets?.includes('WEBHOOK_KEY') || route === undefined) return {};
  return { WEBHOOK_URL: `${addressOf(service.name, services)}${route.replace('*', 'webhook')}` };
}

/** Where a service answers inside the cluster: the workload with its routes. */
export function addressOf(name: string, services: readonly Service[]): string {
  const workloads = Object.entries(services.find((other) => other.name === name)?.workloads ?? {});
  const [workload = 'api'] = workloads.find(([, { routes = [] }]) => routes.length > 0) ?? [];
  return `http://${workloadHost(name, workload)}:${port}`;
}

function accessVariables(facts: Facts): Record<string, string> {
  const { service, services, environment, platform } = facts;
  const variablesOfAccess = (access: Access): Record<string, string> => {
    switch (access.kind) {
      case 'cache':
        return cacheVariables(facts);
      case 'warehouse':
        return warehouseVariables(facts);
      case 'mail':
        return { MAIL_FROM: mailSender(environments[environment].domain), MAIL_TRANSPORT: 'ses' };
      case 'service':
        return { [variableName(access.name, 'URL')]: addressOf(access.name, services) };
      case 'bucket':
        return { [variableName(access.name, 'BUCKET')]: bucketName(environment, platform.account, access.name) };
    }
  };
  return Object.assign({}, ...service.access.map(variablesOfAccess));
}

/** The password is an IAM token, made at each connection for the user and the replication group. */
function cacheVariables({ service, environment, platform: { cache } }: Facts): Record<string, string> {
  const url = `rediss://${cacheUser(environment, service.name)}@${cache.host}:${cache.port}`;
  return { CACHE_URL: url, CACHE_REPLICATION_GROUP: clusterName(environment) };
}

/** The workgroup gives the password, asked for at each connection. */
function warehouseVariables({ service, environment, platform: { warehouse } }: Facts): Record<string, string> {
  const user = encodeURIComponent(warehouseUser(environment, service.name));
  const url = `redshift://${user}@${warehouse.host}:${warehouse.port}/${warehouse.database}?sslmode=verify-full`;
  return { WAREHOUSE_URL: url, WAREHOUSE_WORKGROUP: clusterName(environment) };
}

function secretVariables(service: Service, platform: Platform): Record<string, string> {
  const secrets = platform.services[service.name]?.secrets ?? {};
  return Object.fromEntries(Object.entries(secrets).map(([name, arn]) => [`${name}_SECRET_ARN`, arn]));
}

const routesOf = (service: Service): string[] =>
  Object.values(service.workloads).flatMap((workload) => workload.routes ?? []);
const hasRoutes = (service: Service): boolean => routesOf(service).length > 0;
