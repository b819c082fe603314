import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { busName } from '@millrace/catalog/names.ts';
import { testClientId } from '@millrace/local/issuer-token.ts';
import postgres from 'postgres';
import type { Stage, Worker } from './stage.ts';
import { root } from './stage.ts';

/** Where a bench's analytics service keeps its things, and what it talks to. */
export interface AnalyticsPlace {
  databaseUrl: string;
  warehouseUrl: string;
  awsUrl?: string;
  issuerUrl?: string;
  /** Runs this folder's bundle instead of the sources. */
  bundle?: string;
}

export const benchSite = '0190b5f0-0000-7000-8000-00000000be7c';

/** Every variable that a workload of analytics reads. The rate limits are lifted: they would be what is measured. */
export function analyticsVariables(place: AnalyticsPlace, workload: string, port: number): Record<string, string> {
  const issuer = place.issuerUrl ?? 'http://127.0.0.1:9';
  return {
    MILLRACE_ENVIRONMENT: 'dev',
    MILLRACE_WORKLOAD: workload,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'error',
    DATABASE_URL: place.databaseUrl,
    WAREHOUSE_URL: place.warehouseUrl,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: place.awsUrl ?? 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    EVENT_BUS_NAME: busName('dev'),
    ISSUER_URL: issuer,
    JWKS_URL: `${issuer}/jwks`,
    CLIENT_IDS: testClientId,
    SIGNING_KEY: 'a signing key of a bench, not a secret',
    COLLECT_SITE_PER_SECOND: '10000000',
    COLLECT_ADDRESS_PER_SECOND: '10000000',
  };
}

/** Starts one workload with the flags that its container has. */
export function startAnalytics(stage: Stage, place: AnalyticsPlace, workload: string): Promise<Worker> {
  return stage.worker({
    args: () => [...containerFlags, ...program(place)],
    env: (port) => ({ ...containerVariables, ...analyticsVariables(place, workload, port) }),
    readyPath: '/healthz',
  });
}

/** The memory flags that services run with. */
export const containerFlags = [
  '--max-semi-space-size=8',
  '--max-old-space-size=96',
  '--disable-warning=ExperimentalWarning',
];

/** The variables that every container has: few malloc arenas, because each keeps memory of its own. */
export const containerVariables = { MALLOC_ARENA_MAX: '2' };

const program = (place: AnalyticsPlace): string[] =>
  place.bundle ? [join(place.bundle, 'start.js')] : [join(root, 'services/analytics/main.ts')];

/** Runs the migrations and adds the site that benches write to. */
export async function prepareAnalytics(place: AnalyticsPlace): Promise<void> {
  const env = { PATH: process.env.PATH, ...analyticsVariables(place, 'migrate', 0) };
  // Never spawnSync: a slow link to the database is a proxy in this process.
  await promisify(execFile)(process.execPath, program(place), { env });
  const sql = postgres(place.databaseUrl, { max: 1 });
  await sql`
    insert into site (id, created_at, owner, name, domain, time_zone)
    values (${benchSite}, now(), 'bench', 'Bench', 'bench.example', 'UTC') on conflict do nothing`;
  await sql.end();
}
