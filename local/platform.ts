import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '@millrace/catalog/service.ts';
import { Crew } from './crew.ts';
import { writeAtomically } from './disk-state.ts';
import type { Endpoints } from './endpoints.ts';
import { MachineFault, onDisk } from './fault.ts';
import { lockFolder } from './platform-lock.ts';
import type { PlatformFacts, WorkloadPlan } from './platform-plan.ts';
import {
  buildProcess,
  builtServices,
  developerScopes,
  environment,
  localProcess,
  mailRoutes,
  migrationProcess,
  planRoutes,
  planWorkloads,
  workloadProcess,
} from './platform-plan.ts';
import { findPortOwner } from './port-owner.ts';
import { isFree, reservePort } from './ports.ts';
import { ensureDatabase } from './postgres.ts';
import { seedFirstSite } from './seed.ts';
import type { Settings } from './settings.ts';

const minFreeMib = 100;
const wishedPorts = { aws: 8091, control: 8092, postgres: 8093, mail: 8094, mailPage: 8095 };

/** A running platform. */
export interface Platform {
  endpoints: Endpoints;
  stop(): Promise<void>;
}

/** Who hears about progress and about processes that start again. */
export type Note = (line: string) => void;

/** Starts everything that the catalog names, and waits until it is ready. @throws MachineFault with the remedy. */
export async function startPlatform(settings: Settings, note: Note, stopped: AbortSignal): Promise<Platform> {
  const origin = `http://localhost:${settings.port}`;
  await prepareFolder(settings.dataDir);
  const lock = await lockFolder(settings.dataDir, { url: origin });
  const crew = new Crew(settings.dataDir, note);
  const plans = planWorkloads(builtServices());
  const stop = async (): Promise<void> => {
    await crew.stop([
      { names: ['gateway', 'dashboard'], graceMs: 2_000 },
      { names: plans.map((plan) => plan.name), graceMs: 3_500 },
    ]);
    lock.release();
  };
  try {
    const left = await crew.clear();
    if (left.length > 0) note(`ended what an earlier run left: ${left.join(', ')}`);
    await checkGatewayPort(settings.port);
    const endpoints = await Promise.race([
      startAll({ settings, origin, crew, plans, note, stopped }),
      whenAborted(stopped),
    ]);
    return { endpoints, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Refuses early and in one line what would otherwise fail in eight processes at once. @throws MachineFault */
async function prepareFolder(dataDir: string): Promise<void> {
  await onDisk(dataDir, () => mkdir(dataDir, { recursive: true, mode: 0o755 }));
  await onDisk(dataDir, () => access(dataDir, constants.W_OK | constants.X_OK));
  const { bavail, bsize } = await statfs(dataDir);
  const freeMib = Math.floor((bavail * bsize) / 1024 / 1024);
  if (freeMib >= minFreeMib) return;
  throw new MachineFault(
    `the disk that holds ${dataDir} is nearly full: ${freeMib} MiB are free, ${minFreeMib} are needed. Free some space; nothing is lost.`,
  );
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** @throws MachineFault that names the port and, where /proc tells, who has it. */
async function checkGatewayPort(port: number): Promise<void> {
  if ((await isFree(port)) && (await isFree(port, '::1'))) return;
  const owner = await findPortOwner(port);
  const by = owner ? ` by process ${owner.pid} (${owner.command})` : '';
  throw new MachineFault(`port ${port} is taken${by}. End it, or choose another port: make up PORT=${port + 1}`);
}

interface Start {
  settings: Settings;
  origin: string;
  crew: Crew;
  plans: readonly WorkloadPlan[];
  note: Note;
  stopped: AbortSignal;
}

async function startAll(start: Start): Promise<Endpoints> {
  const { settings, crew, plans, stopped } = start;
  const ports = await choosePorts(plans, settings);
  const portOf = (name: string): number => ports.get(name) ?? 0;
  const facts = await gatherFacts(start, { aws: portOf('aws'), mail: portOf('mail') });
  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    stopped.throwIfAborted();
    const startedAt = performance.now();
    await work();
    start.note(`${name.padEnd(20)} ready  ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`);
  };
  const data = step('postgres', () => startDatabases({ crew, facts, plans, port: portOf('postgres') })).then(() =>
    step('migrations', () =>
      Promise.all(withDatabase(plans).map((service) => crew.run(migrationProcess(service, facts)))),
    ),
  );
  const events = step('aws', () => startAws(start, ports, facts));
  const built = Promise.all(servicesOf(plans).map((service) => build(start, service, facts)));
  const mail = step('mail', () => crew.start(mailProcess(start, ports, facts)));
  const door = step('gateway', () => crew.start(gatewayProcess(start, ports, facts)));
  const early = plans.filter((plan) => !plan.service.database);
  const late = plans.filter((plan) => plan.service.database);
  const startWorkload = (plan: WorkloadPlan): Promise<void> =>
    step(plan.name, () => crew.start(workloadProcess(plan, portOf(plan.name), facts)));
  const page = Promise.all([door, built]).then(() => Promise.all(early.map(startWorkload)));
  const rest = Promise.all([data, events, built]).then(() => Promise.all([...late.map(startWorkload), seed(facts)]));
  await Promise.all([data, events, built, mail, door, page, rest]);
  return crew.announce(endpointsOf(start, ports, facts));
}

async function choosePorts(plans: readonly WorkloadPlan[], settings: Settings): Promise<Map<string, number>> {
  const ports = new Map([['gateway', settings.port]]);
  const wishes = [...Object.entries(wishedPorts), ...plans.map((plan) => [plan.name, plan.wishedPort] as const)];
  for (const [name, wished] of wishes) ports.set(name, await reservePort(settings.anyPorts ? 0 : wished));
  return ports;
}

async function gatherFacts(start: Start, ports: { aws: number; mail: number }): Promise<PlatformFacts> {
  const { settings, origin } = start;
  return {
    origin,
    gatewayUrl: `http://127.0.0.1:${settings.port}`,
    awsUrl: `http://127.0.0.1:${ports.aws}`,
    smtpUrl: `smtp://127.0.0.1:${ports.mail}`,
    signingKey: await ensureSecret(join(settings.dataDir, 'signing-key')),
    databases: {},
    cacheDir: join(settings.dataDir, 'cache'),
    variables: settings.variables,
  };
}

/** A secret of this data folder: cursors and receipts stay valid over restarts. */
async function ensureSecret(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known.length >= 32) return known;
  const secret = randomBytes(32).toString('base64url');
  await writeAtomically(path, secret);
  return secret;
}

const servicesOf = (plans: readonly WorkloadPlan[]): Service[] => [...new Set(plans.map((plan) => plan.service))];
const withDatabase = (plans: readonly WorkloadPlan[]): Service[] =>
  servicesOf(plans).filter((service) => service.database);

async function build(start: Start, service: Service, facts: PlatformFacts): Promise<void> {
  const plan = buildProcess(service, facts);
  if (plan) await start.crew.run(plan);
}

async function startDatabases(parts: {
  crew: Crew;
  facts: PlatformFacts;
  plans: readonly WorkloadPlan[];
  port: number;
}): Promise<void> {
  const url = await parts.crew.startDatabase(parts.port);
  const usesWarehouse = parts.plans.some((plan) => plan.service.access.some((access) => access.kind === 'warehouse'));
  const names = [...withDatabase(parts.plans).map((service) => service.name), ...(usesWarehouse ? ['warehouse'] : [])];
  for (const name of names) parts.facts.databases[name] = await ensureDatabase(url, { name, role: name });
}

async function startAws(start: Start, ports: ReadonlyMap<string, number>, facts: PlatformFacts): Promise<void> {
  const plan = {
    name: 'aws',
    script: 'aws/main.ts',
    oldSpaceMib: 256,
    env: {
      HOST: '127.0.0.1',
      PORT: String(ports.get('aws')),
      MILLRACE_AWS_CONTROL_PORT: String(ports.get('control')),
      MILLRACE_AWS_DATA_DIR: join(start.settings.dataDir, 'aws'),
    },
    readyUrl: `${facts.awsUrl}/healthz`,
  };
  await start.crew.start(localProcess(plan, facts));
  const env = { AWS_ENDPOINT_URL: facts.awsUrl, ENVIRONMENT: environment, ORIGIN: start.origin };
  await start.crew.run(
    localProcess({ name: 'aws-provision', script: 'provision-main.ts', oldSpaceMib: 128, env, readyUrl: '' }, facts),
  );
}

function mailProcess(start: Start, ports: ReadonlyMap<string, number>, facts: PlatformFacts) {
  return localProcess(
    {
      name: 'mail',
      script: 'mail/main.ts',
      oldSpaceMib: 96,
      env: {
        HOST: '127.0.0.1',
        PORT: String(ports.get('mailPage')),
        MAIL_SMTP_PORT: String(ports.get('mail')),
        MAIL_FOLDER: join(start.settings.dataDir, 'mail'),
      },
      readyUrl: `http://127.0.0.1:${ports.get('mailPage')}/readyz`,
    },
    facts,
  );
}

function gatewayProcess(start: Start, ports: ReadonlyMap<string, number>, facts: PlatformFacts) {
  return localProcess(
    {
      name: 'gateway',
      script: 'gateway-main.ts',
      oldSpaceMib: 128,
      env: {
        PORT: String(start.settings.port),
        ORIGIN: start.origin,
        ISSUER_DIR: join(start.settings.dataDir, 'issuer'),
        ISSUER_SCOPES: developerScopes.join(' '),
        GATEWAY_ROUTES: JSON.stringify([...planRoutes(start.plans, ports), ...mailRoutes(ports.get('mailPage') ?? 0)]),
      },
      readyUrl: `${facts.gatewayUrl}/local/oidc/jwks`,
    },
    facts,
  );
}

async function seed(facts: PlatformFacts): Promise<void> {
  const analytics = facts.databases['analytics'];
  if (analytics) await seedFirstSite(analytics);
}

function endpointsOf(start: Start, ports: ReadonlyMap<string, number>, facts: PlatformFacts): Omit<Endpoints, 'pids'> {
  const apis = start.plans.filter((plan) => plan.workload === 'api');
  return {
    gateway: start.origin,
    aws: facts.awsUrl,
    control: `http://127.0.0.1:${ports.get('control')}`,
    issuer: `${start.origin}/local/oidc`,
    services: Object.fromEntries(apis.map((plan) => [plan.service.name, `http://127.0.0.1:${ports.get(plan.name)}`])),
    databases: facts.databases,
  };
}
