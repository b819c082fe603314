import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { bucketName, busName } from '@millrace/catalog/names.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Access, Service } from '@millrace/catalog/service.ts';
import { CommandFault } from './command-fault.ts';

export const port = 8080;

interface Facts {
  service: Service;
  environment: EnvironmentName;
  platform: Platform;
  /** Every service, to find the one behind a path. */
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

/** The service that answers `/*` serves the page: it logs people in and calls the API for them, inside the cluster. */
function pageVariables({ service, services, environment, platform }: Facts): Record<string, string> {
  if (!isPage(service)) return {};
  const publicUrl = `https://${environments[environment].domain}`;
  const api = apiOfPage(service, services);
  if (!api) {
    const [fault] = pageFaults(services);
    throw new CommandFault(3, `${fault?.place}: ${fault?.code} ${fault?.message}`);
  }
  const apiUrl = `http://${api.service}-${api.workload}.${api.service}.svc.cluster.local:${port}`;
  const [clientId = ''] = platform.identity.clientIds;
  return { PUBLIC_URL: publicUrl, API_URL: apiUrl, CLIENT_ID: clientId };
}

/** The workload of another service that answers what the page asks for. */
function apiOfPage(page: Service, services: readonly Service[]): { service: string; workload: string } | undefined {
  const found = services
    .filter((other) => other !== page)
    .flatMap(({ name, workloads }) => Object.entries(workloads).map((entry) => [name, ...entry] as const))
    .find(([, , workload]) => workload.routes?.includes(pageApi));
  return found && { service: found[0], workload: found[1] };
}

/** E091: the page asks for a path that no other service answers. */
export function pageFaults(services: readonly Service[]): Fault[] {
  return services.filter(isPage).flatMap((page) => {
    if (apiOfPage(page, services)) return [];
    const message = `the page asks for ${pageApi} and no other service answers there. Write that route to the workload that does.`;
    return [{ place: `${page.name}.workloads`, code: 'E091', message }];
  });
}

/** What the page asks for: see services/dashboard/forward.ts. */
const pageApi = '/api/analytics/*';

function accessVariables({ service, environment, platform }: Facts): Record<string, string> {
  const variablesOfAccess = (access: Access): Record<string, string> => {
    if (access.kind === 'cache') return { CACHE_URL: `rediss://${platform.cache.host}:${platform.cache.port}` };
    if (access.kind === 'warehouse') {
      const { host, port: warehousePort, database } = platform.warehouse;
      return { WAREHOUSE_URL: `redshift://${service.name}@${host}:${warehousePort}/${database}?sslmode=verify-full` };
    }
    const variable = `${access.name.toUpperCase().replaceAll('-', '_')}_BUCKET`;
    return { [variable]: bucketName(environment, platform.account, access.name) };
  };
  return Object.assign({}, ...service.access.map(variablesOfAccess));
}

function secretVariables(service: Service, platform: Platform): Record<string, string> {
  const secrets = platform.services[service.name]?.secrets ?? {};
  return Object.fromEntries(Object.entries(secrets).map(([name, arn]) => [`${name}_SECRET_ARN`, arn]));
}

const routesOf = (service: Service): string[] =>
  Object.values(service.workloads).flatMap((workload) => workload.routes ?? []);
const isPage = (service: Service): boolean => routesOf(service).includes('/*');
const hasRoutes = (service: Service): boolean => routesOf(service).length > 0;
