import { setTimeout as wait } from 'node:timers/promises';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { provisionEvents } from '@millrace/local/aws/provision.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import type { NewEvent } from '@millrace/runtime/outbox.ts';
import { appendEvents, makeEvent } from '@millrace/runtime/outbox.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import postgres from 'postgres';
import type { AnalyticsPlace } from './analytics.ts';
import { benchSite, prepareAnalytics, startAnalytics } from './analytics.ts';
import { startEndpoint } from './aws-stage.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { viewHistory } from './view-history.ts';

/** Events of one batch, and batches of one commit: what the door writes when it is busy. */
const eventsPerBatch = 25;
const batchesPerCommit = 40;
/** Batches that may wait, so that memory and queue stay small. */
const maxWaiting = 400;
const hotDays = 30;
const idleMs = 120_000;

/** Bar 3: what a view costs on disk once the relay, the processor and its roller have done their work. */
export const storage: Bench = {
  name: 'storage',
  what: 'bytes of each view in the hot database: tables, indexes, roll-ups, what inbox and outbox leave; after VACUUM',
  run: async (context) => {
    const views = context.isQuick ? 20_000 : 1_000_000;
    const plain = await measure(context, { views, engagementShare: 0 });
    const engaged = await measure(context, { views: views / 5, engagementShare: 1 });
    const size = { bar: '3', unit: 'bytes' };
    const named = `${views.toLocaleString('en-US')} views in ${hotDays} days`;
    const bare: Figure = { ...size, what: `a view in the hot database, ${named}`, value: plain.hot, detail: plain };
    return [
      // Few views share the pages that a table has in any case.
      context.isQuick ? bare : { ...bare, atMost: 530 },
      { ...size, what: 'a view in the warehouse (PostgreSQL standing in)', value: plain.warehouse, detail: plain },
      { ...size, what: 'a view and its report of engaged time, hot database', value: engaged.hot, detail: engaged },
    ];
  },
};

interface Sizes {
  hot: number;
  warehouse: number;
  [fact: string]: unknown;
}

async function measure(context: BenchContext, plan: { views: number; engagementShare: number }): Promise<Sizes> {
  const stage = await openStage();
  const aws = await startEndpoint(stage);
  try {
    await provisionEvents({ endpoint: aws.url, environment: 'dev' });
    const place = {
      databaseUrl: await stage.database('hot'),
      warehouseUrl: await stage.database('warehouse'),
      awsUrl: aws.url,
    };
    await prepareAnalytics(place);
    const events = await carry(stage, place, { ...context, ...plan });
    const tables = { hot: await tableBytes(place.databaseUrl), warehouse: await tableBytes(place.warehouseUrl) };
    const perView = (sizes: Record<string, number>) => Object.values(sizes).reduce((a, b) => a + b, 0) / plan.views;
    return { hot: perView(tables.hot), warehouse: perView(tables.warehouse), ...plan, events, tables };
  } finally {
    await stage.close();
    aws.remove();
  }
}

type Load = BenchContext & { views: number; engagementShare: number };

/** Sends a history through outbox, bus, queue, processor and loader, each in its own process. */
async function carry(stage: Stage, place: AnalyticsPlace, load: Load): Promise<number> {
  const workers = [];
  for (const workload of ['relay', 'processor']) workers.push(await startAnalytics(stage, place, workload));
  const database = openDatabase({ url: place.databaseUrl, applicationName: 'bench', poolSize: 2 });
  try {
    const events = await commitHistory(database, load);
    await settle('events', async () => events - (await countRows(database.sql, 'event')));
    load.progress(`${events} events are stored`);
    await settle('hot roll-ups', () => countRows(database.sql, 'dirty_day'));
    for (const worker of workers) await worker.stop();
    await loadWarehouse(stage, place, events);
    load.progress('the warehouse has them too');
    return events;
  } finally {
    await database.close();
  }
}

async function loadWarehouse(stage: Stage, place: AnalyticsPlace, events: number): Promise<void> {
  const loader = await startAnalytics(stage, place, 'loader');
  const sql = postgres(place.warehouseUrl, { max: 1 });
  await settle('the warehouse', async () => events - (await countRows(sql, 'event')));
  await settle('its roll-ups', () => countRows(sql, 'dirty_day'));
  await sql.end();
  await loader.stop();
}

async function commitHistory(database: Database, load: Load): Promise<number> {
  const plan = { siteId: benchSite, days: hotDays, untilMs: Date.now(), seed: 1, ...load };
  let count = 0;
  for (const { day, events } of viewHistory(plan)) {
    for (let from = 0; from < events.length; from += eventsPerBatch * batchesPerCommit) {
      await settle('the outbox', async () => (await countRows(database.sql, 'outbox')) - maxWaiting, 5);
      await commit(database, events.slice(from, from + eventsPerBatch * batchesPerCommit));
    }
    count += events.length;
    if (day.endsWith('0')) load.progress(`${day}: ${count} events committed`);
  }
  return count;
}

async function commit(database: Database, events: TrackedEvent[]): Promise<void> {
  const ports = { clock: systemClock, random: systemRandom };
  const batches: NewEvent[] = [];
  for (let from = 0; from < events.length; from += eventsPerBatch) {
    const data = { events: events.slice(from, from + eventsPerBatch) };
    const facts = { aggregateId: systemRandom.uuid(), aggregateVersion: 1, data };
    batches.push(makeEvent(PageViewsCollected, facts, ports));
  }
  await database.sql.begin((tx) => appendEvents(tx, batches));
}

async function countRows(sql: postgres.Sql, table: string): Promise<number> {
  const [row] = await sql<{ rows: number }[]>`select cast(count(*) as integer) as rows from ${sql(table)}`;
  return row?.rows ?? 0;
}

/** Waits until nothing is left. @throws when two minutes pass without any progress. */
async function settle(what: string, left: () => Promise<number>, pauseMs = 250): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let end = performance.now() + idleMs;
  for (;;) {
    const now = await left();
    if (now <= 0) return;
    if (now < least) end = performance.now() + idleMs;
    least = Math.min(least, now);
    if (performance.now() > end) throw new Error(`${what}: ${now} are left and nothing moves`);
    await wait(pauseMs);
  }
}

/** The bytes of every table with its indexes and what is stored beside it, after VACUUM. */
async function tableBytes(url: string): Promise<Record<string, number>> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql`vacuum analyze`;
  const rows = await sql<{ name: string; bytes: number }[]>`
    select relname as name, cast(pg_total_relation_size(oid) as float) as bytes
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 2 desc`;
  await sql.end();
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
}
