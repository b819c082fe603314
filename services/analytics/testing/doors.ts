import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import type { Subject, VerifyToken } from '@millrace/runtime/auth.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { keyring } from '@millrace/runtime/keyring.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { App } from '@millrace/runtime/server.ts';
import { createApp } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { expect } from 'vitest';
import type { Ingest } from '../ingest.ts';
import { doorRoutes } from '../routes.ts';

export const signingKeys = keyring({
  current: generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
});
export const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

export interface Doors {
  app: App;
  database: Database;
  /** Reads the database as a test would. */
  sql: Database['sql'];
  metrics: () => Promise<string>;
  close(): Promise<void>;
}

/** The doors of the service over a real database, without the processes around them. */
export async function openDoors(options: { rates?: Ingest['rates']; allowLoopback?: boolean } = {}): Promise<Doors> {
  const test = await createTestDatabase();
  await migrate({ url: test.url, folder: join(import.meta.dirname, '..', 'migrations') });
  const database = openDatabase({ url: test.url, applicationName: 'test', poolSize: 10 });
  const metrics = createMetrics();
  const log = createLog({ name: 'test', level: 'silent' });
  const plenty = { burst: 1_000_000, perSecond: 1_000_000 };
  const { routes, commit } = doorRoutes({
    database,
    store: memoryStore(systemClock),
    signingKeys,
    rates: options.rates ?? { site: plenty, address: plenty },
    allowLoopback: options.allowLoopback ?? false,
    metrics,
    log,
    clock: systemClock,
    random: systemRandom,
  });
  const app = createApp({
    name: 'analytics',
    version: 'test',
    routes,
    verifyToken: bearerNames,
    isReady: () => database.isReady(),
    metrics,
    log,
  });
  return {
    app,
    database,
    sql: database.sql,
    metrics: () => metrics.registry.metrics(),
    async close() {
      await commit.drain();
      await database.close();
      await test.drop();
    },
  };
}

/** `Bearer ada:analytics:read,analytics:write` is Ada with these scopes; the real check has tests of its own. */
const bearerNames: VerifyToken = async (authorization): Promise<Subject> => {
  const [sub = '', ...scopes] = (authorization ?? '').replace(/^Bearer /, '').split(/:(.*)/s);
  if (sub === '') throw new Problem(401, 'token-required', 'Send an access token.');
  return { sub, clientId: 'test', scopes: (scopes[0] ?? '').split(',') };
};

/** Headers of a request by somebody with all scopes of this service. */
export const as = (sub: string): Record<string, string> => ({
  authorization: `Bearer ${sub}:analytics:read,analytics:write,analytics:import`,
});

/** Adds a site and gives its id. */
export async function addSite(doors: Doors, site: { owner?: string; domain?: string } = {}): Promise<string> {
  const response = await doors.app.request('/api/analytics/sites', {
    method: 'POST',
    headers: { ...as(site.owner ?? 'ada'), 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'A site', domain: site.domain ?? 'example.com' }),
  });
  const { id } = (await response.json()) as { id: string };
  return id;
}

/**
 * What was committed of a site's events, in their order. Each batch is held against its contract, because the doors do not:
 * a member that the contract does not know, or takes differently, fails the test.
 */
export async function committedEvents(doors: Doors, siteId: string): Promise<TrackedEvent[]> {
  const rows = await doors.sql<{ data: { events: TrackedEvent[] } }[]>`select data from outbox order by position`;
  for (const { data } of rows) expect(PageViewsCollected.data.parse(data)).toEqual(data);
  return rows.flatMap(({ data }) => data.events).filter((event) => event.siteId === siteId);
}

/** What a response says: its status and, of a problem, the slug; otherwise its body. */
export async function outcome(response: Response): Promise<{ status: number; slug?: string; body?: unknown }> {
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (isProblem)
    return { status: response.status, slug: (JSON.parse(text) as { type: string }).type.split('/').pop() ?? '' };
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
