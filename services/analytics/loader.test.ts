import { systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { storeEvents } from './event-store.ts';
import { loadEvents, readPosition } from './load-store.ts';
import { startLoader } from './loader.ts';
import type { Stores } from './testing/stores.ts';
import { openStores, quietLog, randomEvents, seeded } from './testing/stores.ts';

const dayMs = 86_400_000;
let stores: Stores;
let siteId: string;
let seed = 0;

beforeAll(async () => {
  // A server of its own: what is loaded depends on every transaction that is open on the server.
  vi.stubEnv('TEST_POSTGRES_URL', undefined);
  stores = await openStores(new Date('2026-06-15T12:00:00Z'));
  // An analysis of a table is a transaction too.
  await stores.database.sql.unsafe('alter system set autovacuum = off');
  await stores.database.sql`select pg_reload_conf()`;
  siteId = await stores.addSite('owner');
});
afterAll(() => stores.close());

function makeEvents(count: number, day = '2026-06-14') {
  const fromMs = Date.parse(day);
  seed += 1;
  return randomEvents(seeded(seed), { siteId, count, fromMs, toMs: fromMs + dayMs });
}

const load = (chunkRows = 5_000) =>
  loadEvents({ database: stores.database, warehouse: stores.loading, clock: stores.clock, chunkRows });

async function same(): Promise<true> {
  const text = `select cast(id as varchar(36)) as id, cast(site_id as varchar(36)) as site_id, visitor, at, received_at,
    seconds, clock_skew, type, path, title, referrer, utm_source, utm_medium, utm_campaign, country, browser, os, device,
    language, screen, name, cast(props as varchar(999)) as props from event order by 1`;
  const [hot, kept] = [await stores.database.sql.unsafe(text), await stores.warehouse.sql.unsafe(text)];
  expect([...kept]).toEqual([...hot]);
  return true;
}

test('every event arrives once, whatever the size of the chunks', async () => {
  await stores.store(makeEvents(1_000));
  await stores.store(makeEvents(300));
  const outcomes = [await load(7), await load(400), await load(400), await load(400), await load(400)];
  expect(outcomes.map((outcome) => 'rows' in outcome && outcome.rows)).toEqual([7, 400, 400, 400, 93]);
  expect(await load()).toEqual({ outcome: 'loaded', rows: 0, isCaughtUp: true });
  await same();
});

test('transactions are loaded in the order of their numbers: 1000 comes after 999', async () => {
  const [row] = await stores.database.sql<{ tx: string }[]>`select pg_current_xact_id()::text as tx`;
  const tx = Number(row?.tx);
  const edge = 10 ** String(tx).length;
  await stores.database.sql.unsafe(`do $$ begin
    for n in 1..${edge - tx - 10} loop perform pg_current_xact_id(); commit; end loop;
  end $$`);
  for (let count = 0; count < 20; count += 1) await stores.store(makeEvents(1));
  for (let rows = 1; rows > 0; ) {
    const loaded = await load(3);
    rows = loaded.outcome === 'loaded' ? loaded.rows : 0;
  }
  await same();
});

test('a rerun after a lost ledger doubles nothing', async () => {
  await stores.loading.sql`delete from load_ledger`;
  expect(await load()).toMatchObject({ rows: 1_320 });
  await same();
});

test('a restored cluster whose transactions count anew is carried again and doubles nothing', async () => {
  await stores.store(makeEvents(50));
  await stores.loading.sql`update load_ledger set next_tx = 4000000000000000000`;
  expect(await load()).toMatchObject({ rows: 1_370 });
  expect((await readPosition(stores.loading.sql)).tx).toBeLessThan(4_000_000_000n);
  expect(await load()).toMatchObject({ rows: 0 });
  await same();
});

test('a loader that dies after the merge and before the commit leaves nothing behind', async () => {
  await stores.store(makeEvents(100));
  const before = await readPosition(stores.loading.sql);
  await stores.loading.sql.unsafe(`create function die() returns trigger language plpgsql as
    'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'`);
  await stores.loading.sql.unsafe(
    'create trigger die before insert on load_ledger for each row execute function die()',
  );
  await expect(load()).rejects.toThrow();
  await stores.loading.sql.unsafe('drop trigger die on load_ledger');
  expect(await readPosition(stores.loading.sql)).toEqual(before);
  expect(await load()).toMatchObject({ rows: 100 });
  await same();
});

test('of two loaders one works', async () => {
  await stores.store(makeEvents(2_000));
  // The ledger is held until one of them has gone: so they meet.
  const [held, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = stores.warehouse.sql.begin(async (tx) => {
    await tx`lock table load_ledger in access exclusive mode`;
    held.resolve();
    await gone.promise;
  });
  await held.promise;
  const loads = [load(), load()];
  await Promise.race(loads);
  gone.resolve();
  await holding;
  const outcomes = await Promise.all(loads);
  expect(outcomes.map((outcome) => outcome.outcome).sort()).toEqual(['busy', 'loaded']);
  await same();
});

test('an event of a transaction that is still open is not lost when a younger one was loaded first', async () => {
  const open = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const slow = stores.database.db.transaction(async (tx) => {
    await tx.execute('select pg_current_xact_id()');
    started.resolve();
    await open.promise;
    await storeEvents(tx, makeEvents(1));
  });
  await started.promise;
  await stores.store(makeEvents(20));
  // The young ones wait for the old one: nothing at or beyond it is taken.
  expect(await load()).toMatchObject({ rows: 0 });
  open.resolve();
  await slow;
  expect(await load()).toMatchObject({ rows: 21 });
  await same();
});

test('the days that changed are counted from the events of the warehouse, equal to those of Aurora', async () => {
  await stores.store(makeEvents(500, '2026-05-01'));
  await stores.settle();
  for (const [table, order] of [
    ['visit', 'site_id, visitor, started_at'],
    ['rollup_quarter', 'site_id, quarter'],
    ['rollup_day', 'site_id, day, dimension, value'],
  ]) {
    const text = `select ${table}.* from ${table} order by ${order}`;
    const hot = await stores.database.sql.unsafe(text);
    const kept = await stores.warehouse.sql.unsafe(text);
    expect(kept.length).toBeGreaterThan(0);
    expect([...kept]).toEqual([...hot]);
  }
  expect(await stores.warehouse.sql`select * from dirty_day`).toHaveLength(0);
}, 240_000);

test('the loader runs by itself, says how old the warehouse is, and recovers when it was away', async () => {
  const metrics = createMetrics();
  const parts = { ...stores, warehouse: stores.loading, log: quietLog, metrics, random: systemRandom };
  const loader = startLoader({ ...parts, intervalMs: 50 });
  try {
    await stores.store(makeEvents(30));
    await waitFor(same, 30_000);
    await stores.loading.sql.unsafe('alter table event rename to event_away');
    await stores.store(makeEvents(30));
    await waitFor(async () => /analytics_load_failures_total [1-9]/.test(await metrics.registry.metrics()), 30_000);
    await stores.warehouse.sql.unsafe('alter table event_away rename to event');
    await waitFor(same, 30_000);
    const [watermark] = await stores.database.sql`select tx::text, loaded_at from load_watermark`;
    expect(watermark).toMatchObject({ loaded_at: stores.clock.now() });
    expect(await metrics.registry.metrics()).toMatch(/analytics_warehouse_age_seconds 0/);
  } finally {
    await loader.close();
  }
});
