import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environments } from '@millrace/catalog/environments.ts';
import { bucketName, busName, mailSender, variableName } from '@millrace/catalog/names.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import type { ProcessPlan } from './child.ts';
import type { GatewayRoute } from './gateway-routes.ts';
import { dashboardClientId, testClientId } from './issuer-token.ts';

/** A laptop is a dev environment: names of buses and queues are the same. */
export const environment = 'dev';
const region = 'us-east-1';
const firstServicePort = 8101;

/** Scopes that a person at the page has. */
export const developerScopes = [
  'analytics:read',
  'analytics:write',
  'analytics:import',
  'profile:read',
  'profile:write',
  'products:write',
  'orders:read',
  'orders:write',
  'payments:read',
  'payments:operate',
  'notifications:read',
];

/** One process of a service. */
export interface WorkloadPlan {
  service: Service;
  workload: string;
  /** The process's name: the service's alone when it has one workload. */
  name: string;
  wishedPort: number;
}

/** Everything that a service's process has to know. */
export interface PlatformFacts {
  origin: string;
  gatewayUrl: string;
  awsUrl: string;
  /** Where mail goes: a server that shows it and sends nothing on. */
  smtpUrl: string;
  signingKey: string;
  databases: Record<string, string>;
  cacheDir: string;
  variables: Record<string, string>;
}

const pathOf = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** Small young generations keep many processes small; the old one is bounded so that a leak ends one process, not the laptop. */
export const nodeFlags = (oldSpaceMib: number): string[] => [
  '--max-semi-space-size=8',
  `--max-old-space-size=${oldSpaceMib}`,
  '--disable-warning=ExperimentalWarning',
];

/** The services that are there: those of the catalog that have a program. */
export function builtServices(): Service[] {
  return services.filter((service) => existsSync(pathOf(`services/${service.name}/main.ts`)));
}

/** The processes of the services, with ports that stay the same from start to start where they are free. */
export function planWorkloads(built: readonly Service[]): WorkloadPlan[] {
  return built
    .flatMap((service) => {
      const workloads = Object.keys(service.workloads);
      return workloads.map((workload) => ({
        service,
        workload,
        name: workloads.length > 1 ? `${service.name}-${workload}` : service.name,
      }));
    })
    .map((plan, index) => ({ ...plan, wishedPort: firstServicePort + index }));
}

const serviceArguments = (service: Service): string[] => [
  ...nodeFlags(192),
  `--import=${new URL('lean-modules.ts', import.meta.url).href}`,
  pathOf(`services/${service.name}/main.ts`),
];

/** How to run a workload on a port. */
export function workloadProcess(plan: WorkloadPlan, port: number, facts: PlatformFacts): ProcessPlan {
  return {
    name: plan.name,
    args: serviceArguments(plan.service),
    env: { ...serviceVariables(plan.service, facts), MILLRACE_WORKLOAD: plan.workload, PORT: String(port) },
    readyUrl: `http://127.0.0.1:${port}/readyz`,
    isBackground: background.has(plan.name),
  };
}

/** Mails, points and the warehouse come soon enough when an order and its payment have had their turn. */
const background = new Set(['mail', 'notification-worker', 'user-worker', 'analytics-loader']);

/** How to run a service's migrations. */
export function migrationProcess(service: Service, facts: PlatformFacts): Omit<ProcessPlan, 'readyUrl'> {
  return {
    name: `${service.name}-migrate`,
    args: serviceArguments(service),
    env: { ...serviceVariables(service, facts), MILLRACE_WORKLOAD: 'migrate', PORT: '0' },
  };
}

/** How to build what a service serves, where it has something to build; quick when nothing changed. */
export function buildProcess(service: Service, facts: PlatformFacts): Omit<ProcessPlan, 'readyUrl'> | undefined {
  const script = pathOf(`services/${service.name}/build.ts`);
  if (!existsSync(script)) return undefined;
  return { name: `${service.name}-build`, args: [script], env: localVariables(facts) };
}

/** Variables of one of our own programs. */
export function localVariables(facts: Pick<PlatformFacts, 'cacheDir' | 'variables'>): Record<string, string> {
  return { ...facts.variables, NODE_COMPILE_CACHE: facts.cacheDir, MALLOC_ARENA_MAX: '2' };
}

/** How to run a program of this folder. */
export function localProcess(
  plan: { name: string; script: string; oldSpaceMib: number; env: Record<string, string>; readyUrl: string },
  facts: Pick<PlatformFacts, 'cacheDir' | 'variables'>,
): ProcessPlan {
  return {
    name: plan.name,
    args: [...nodeFlags(plan.oldSpaceMib), pathOf(`local/${plan.script}`)],
    env: { ...localVariables(facts), ...plan.env },
    readyUrl: plan.readyUrl,
    isBackground: background.has(plan.name),
  };
}

function serviceVariables(service: Service, facts: PlatformFacts): Record<string, string> {
  const database = facts.databases[service.name];
  const warehouse = facts.databases['warehouse'];
  const usesWarehouse = service.access.some((access) => access.kind === 'warehouse');
  return {
    ...localVariables(facts),
    MILLRACE_ENVIRONMENT: environment,
    HOST: '127.0.0.1',
    AWS_REGION: region,
    AWS_ENDPOINT_URL: facts.awsUrl,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    EVENT_BUS_NAME: busName(environment),
    ISSUER_URL: `${facts.origin}/local/oidc`,
    JWKS_URL: `${facts.gatewayUrl}/local/oidc/jwks`,
    CLIENT_IDS: `${dashboardClientId},${testClientId}`,
    CLIENT_ID: dashboardClientId,
    PUBLIC_URL: facts.origin,
    UPLOAD_ORIGIN: facts.awsUrl,
    ...(database && { DATABASE_URL: database }),
    ...(usesWarehouse && warehouse && { WAREHOUSE_URL: warehouse }),
    ...secretVariables(service, facts),
    ...accessVariables(service, facts),
  };
}

/** Each secret has a value of its own that follows from the one of this data folder, and stays the same over restarts. */
function secretVariables({ secrets = [] }: Service, { signingKey, gatewayUrl }: PlatformFacts): Record<string, string> {
  const derived = (name: string): string => createHmac('sha256', signingKey).update(name).digest('base64url');
  const values = secrets.map((name) => [name, name === 'SIGNING_KEY' ? signingKey : derived(name)]);
  return {
    ...Object.fromEntries(values),
    // The simulated provider, which runs in the service's own processes, calls back through the gateway.
    ...(secrets.includes('WEBHOOK_KEY') && { WEBHOOK_URL: `${gatewayUrl}/api/payments/webhook` }),
  };
}

/** The same names as in the cloud (charts/variables.ts); other services are behind the gateway here. */
function accessVariables({ access }: Service, { gatewayUrl, smtpUrl }: PlatformFacts): Record<string, string> {
  const { account, domain } = environments[environment];
  const entries = access.flatMap((each): [string, string][] => {
    if (each.kind === 'service') return [[variableName(each.name, 'URL'), gatewayUrl]];
    if (each.kind === 'bucket') {
      return [[variableName(each.name, 'BUCKET'), bucketName(environment, account, each.name)]];
    }
    if (each.kind !== 'mail') return [];
    return Object.entries({ MAIL_FROM: mailSender(domain), MAIL_TRANSPORT: 'smtp', SMTP_URL: smtpUrl });
  });
  return Object.fromEntries(entries);
}

/** The gateway's routes: those of the catalog whose process runs here. */
export function planRoutes(plans: readonly WorkloadPlan[], ports: ReadonlyMap<string, number>): GatewayRoute[] {
  return plans.flatMap((plan) =>
    (plan.service.workloads[plan.workload]?.routes ?? []).map((path) => ({
      path,
      target: `http://127.0.0.1:${ports.get(plan.name)}`,
      name: plan.service.name,
    })),
  );
}

/** The gateway's routes to the page that shows the mails. */
export const mailRoutes = (port: number): GatewayRoute[] =>
  ['/local/mail', '/local/mail/*'].map((path) => ({ path, target: `http://127.0.0.1:${port}`, name: 'mail' }));
