import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeEvents } from './event-store.ts';
import { removeOld } from './retention.ts';
import { listDirtyDays, rollUpDay } from './roll-up-store.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';
import { siteIds, trackedEvent } from './testing/tracked-events.ts';

let database: HotDatabase;
beforeAll(async () => {
  database = await createHotDatabase();
  await database.sql`
    insert into site (id, created_at, owner, name, domain, time_zone)
    values (${siteIds[0]}, now(), 'ada', 'One', 'one.example', 'UTC')`;
});
afterAll(async () => {
  await database.drop();
});
beforeEach(async () => {
  await database.sql`
    truncate event, visit, dirty_day, rollup_quarter, rollup_day, dead_batch, load_watermark`;
});

const now = new Date('2026-03-15T12:00:00Z');
const uuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

/** One event for each pair of its own time and the time of its receipt, rolled up. */
async function storeAt(...times: [at: string, receivedAt: string][]): Promise<void> {
  const events = times.map(([at, receivedAt], n) => trackedEvent({ id: uuid(n + 1), at, receivedAt }));
  await database.db.transaction((tx) => storeEvents(tx, events));
  for (const day of await listDirtyDays(database.sql, 100)) await rollUpDay(database.sql, day);
}

/** The newest number that is given away, not the oldest that runs: tests in other databases share the server's transactions. */
const setLoaded = (share: 'all' | 'nothing') =>
  database.sql`
    insert into load_watermark (tx, loaded_at)
    select case when ${share} = 'all' then pg_snapshot_xmax(pg_current_snapshot()) else '3'::xid8 end, now()`;

async function left(): Promise<Record<string, string[]>> {
  const { sql } = database;
  const [events, visits, quarters, days] = await Promise.all([
    sql`select distinct at::date::text as day from event order by day`,
    sql`select distinct started_at::date::text as day from visit order by day`,
    sql`select distinct quarter::date::text as day from rollup_quarter order by day`,
    sql`select distinct day::text from rollup_day order by day`,
  ]);
  const names = (rows: readonly Record<string, string>[]): string[] => rows.map((row) => row.day ?? '');
  return { events: names(events), visits: names(visits), quarters: names(quarters), days: names(days) };
}

const old = '2026-02-12T23:59:59.999Z';
const kept = '2026-02-13T00:00:00.000Z';

test('loaded events of more than 30 days go, with their visits and roll-ups', async () => {
  await storeAt([old, old], [kept, kept]);
  await setLoaded('all');
  expect(await removeOld(database, { now })).toMatchObject({ event: 1, visit: 1, rollup_quarter: 96 });
  const day = ['2026-02-13'];
  expect(await left()).toEqual({ events: day, visits: day, quarters: day, days: day });
});

test('nothing goes that the warehouse does not have', async () => {
  await storeAt([old, old], [kept, kept]);
  const both = ['2026-02-12', '2026-02-13'];
  for (const share of ['nothing', undefined] as const) {
    await database.sql`delete from load_watermark`;
    if (share) await setLoaded(share);
    expect(await removeOld(database, { now })).toMatchObject({ event: 0, visit: 0, rollup_quarter: 0, rollup_day: 0 });
    expect(await left()).toEqual({ events: both, visits: both, quarters: both, days: both });
  }
});

test('an old event that was received lately stays 30 days more', async () => {
  await storeAt([old, '2026-03-14T00:00:00Z']);
  await setLoaded('all');
  await removeOld(database, { now });
  expect((await left()).events).toEqual(['2026-02-12']);
});

test('many rows go in small bites', async () => {
  await storeAt(...Array.from({ length: 25 }, (): [string, string] => [old, old]));
  await setLoaded('all');
  expect(await removeOld(database, { now, rowsPerChunk: 4 })).toMatchObject({
    event: 25,
    visit: 1,
    rollup_quarter: 96,
  });
});

test('dead batches are forgotten after 30 days', async () => {
  const { sql } = database;
  await sql`
    insert into dead_batch (id, reason, at)
    values (${uuid(1)}, 'poison', '2026-02-12T23:59:59Z'), (${uuid(2)}, 'poison', '2026-02-13T00:00:00Z')`;
  expect(await removeOld(database, { now })).toMatchObject({ dead_batch: 1 });
  expect(await sql`select id from dead_batch`).toEqual([{ id: uuid(2) }]);
});
