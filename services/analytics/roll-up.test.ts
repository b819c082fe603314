import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storeEvents } from './event-store.ts';
import { startRoller } from './roll-up.ts';
import { listDirtyDays, rollUpDay } from './roll-up-store.ts';
import type { RangeCounts } from './testing/counts.ts';
import { countQuarters, countRange, countValues } from './testing/counts.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';
import { storedQuarters, storedValues } from './testing/stored.ts';
import { dayStartMs, siteIds, trackedEvent, trackedEvents } from './testing/tracked-events.ts';

let database: HotDatabase;
beforeAll(async () => {
  database = await createHotDatabase();
});
afterAll(async () => {
  await database.drop();
});
const clear = () => database.sql`truncate event, visit, dirty_day, rollup_quarter, rollup_day`;
beforeEach(async () => {
  await clear();
});

const quarterMs = 900_000;
const dayMs = 86_400_000;
const day = '2026-01-31';
const uuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const minutes = (count: number): string => new Date(dayStartMs + count * 60_000).toISOString();
const store = (events: readonly TrackedEvent[]): Promise<number> =>
  database.db.transaction((tx) => storeEvents(tx, events));

async function rollAll(): Promise<void> {
  for (const target of await listDirtyDays(database.sql, 100)) {
    expect(await rollUpDay(database.sql, target)).toBe('rolled');
  }
}

type Part = 'before' | 'hour' | 'after';

async function quarterRow(siteId: string, quarter: number, part: Part): Promise<RangeCounts | undefined> {
  const [row] = await database.sql`
    select * from rollup_quarter where site_id = ${siteId} and quarter = ${new Date(quarter)}`;
  if (!row) return undefined;
  const names = ['views', 'visitors', 'visits', 'bounces', 'seconds'];
  return Object.fromEntries(names.map((name) => [name, Number(row[`${part}_${name}`])])) as unknown as RangeCounts;
}

describe('a counted day', () => {
  test('has its figures before, in the hour of, and after each quarter', async () => {
    await store([
      trackedEvent({ id: uuid(1), at: minutes(10) }),
      trackedEvent({ id: uuid(2), at: minutes(20) }),
      trackedEvent({ id: uuid(3), at: minutes(55) }),
      trackedEvent({ id: uuid(4), at: minutes(70), visitor: '00000000000000bb' }),
    ]);
    await rollAll();
    const at = dayStartMs + quarterMs;
    expect(await quarterRow(siteIds[0], at, 'before')).toEqual({
      views: 1,
      visitors: 1,
      visits: 1,
      bounces: 0,
      seconds: 600,
    });
    expect(await quarterRow(siteIds[0], at, 'hour')).toEqual({
      views: 3,
      visitors: 2,
      visits: 3,
      bounces: 2,
      seconds: 600,
    });
    expect(await quarterRow(siteIds[0], at, 'after')).toEqual({
      views: 3,
      visitors: 2,
      visits: 3,
      bounces: 2,
      seconds: 600,
    });
    expect(await quarterRow(siteIds[1], at, 'after')).toBeUndefined();
    expect(await database.sql`select * from dirty_day`).toHaveLength(0);
  });

  test('has its values with page views, visits, visitors and engaged time', async () => {
    await store([
      trackedEvent({ id: uuid(1), at: minutes(0), path: '/a', referrer: 'one.example' }),
      trackedEvent({ id: uuid(2), at: minutes(1), path: '/a', type: 'engagement', seconds: 30 }),
      trackedEvent({ id: uuid(3), at: minutes(50), path: '/a' }),
      trackedEvent({ id: uuid(4), at: minutes(51), path: '/a', type: 'custom', name: 'buy' }),
    ]);
    await rollAll();
    const values = (await storedValues(database.sql)).filter(({ dimension }) =>
      ['path', 'referrer', 'event'].includes(dimension),
    );
    const same = { siteId: siteIds[0], day };
    expect(values).toEqual([
      { ...same, dimension: 'event', value: 'buy', views: 1, visits: 1, visitors: 1, seconds: 0 },
      { ...same, dimension: 'path', value: '/a', views: 2, visits: 2, visitors: 1, seconds: 30 },
      { ...same, dimension: 'referrer', value: '', views: 1, visits: 1, visitors: 1, seconds: 30 },
      { ...same, dimension: 'referrer', value: 'one.example', views: 1, visits: 1, visitors: 1, seconds: 0 },
    ]);
  });

  test('takes a path of the greatest length in characters of three bytes', async () => {
    const path = `/${Array.from({ length: 1_023 }, (_, n) => String.fromCharCode(0x4e00 + ((n * 7_919) % 20_000))).join('')}`;
    await store([trackedEvent({ id: uuid(1), path })]);
    await rollAll();
    expect((await storedValues(database.sql)).find(({ dimension }) => dimension === 'path')?.value).toBe(path);
  });

  test('loses the values that no event has any more', async () => {
    await store([trackedEvent({ id: uuid(1), path: '/a' }), trackedEvent({ id: uuid(2), path: '/b' })]);
    await rollAll();
    await database.sql`delete from event where path = '/a'`;
    await database.sql`insert into dirty_day (site_id, day) values (${siteIds[0]}, ${day})`;
    await rollAll();
    expect(
      (await storedValues(database.sql)).filter(({ dimension }) => dimension === 'path').map(({ value }) => value),
    ).toEqual(['/b']);
  });

  test('that another process counts is left to it', async () => {
    await store([trackedEvent({ id: uuid(1) })]);
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => rollUpDay(database.sql, { siteId: siteIds[0], day })),
    );
    expect(outcomes.filter((outcome) => outcome === 'rolled')).toHaveLength(1);
    expect(await rollUpDay(database.sql, { siteId: siteIds[0], day })).toBe('clean');
  });

  test('that changes while it is counted stays dirty, and who stores does not wait', async () => {
    await store([trackedEvent({ id: uuid(1) })]);
    // Holds the count between its version and its end: the roll-ups' table cannot be written.
    const gate = await holdTable('rollup_quarter');
    const rolling = rollUpDay(database.sql, { siteId: siteIds[0], day });
    // Tests in other databases share the server's locks.
    const waiting = () => database.sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await waitFor(async () => (await waiting()).length > 0);
    await store([trackedEvent({ id: uuid(2), at: minutes(1) })]);
    await gate.release();
    expect(await rolling).toBe('dirty-again');
    expect(await rollUpDay(database.sql, { siteId: siteIds[0], day })).toBe('rolled');
    expect((await quarterRow(siteIds[0], dayStartMs, 'after'))?.views).toBe(2);
  });
});

async function holdTable(table: string): Promise<{ release(): Promise<void> }> {
  const held = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const holding = database.sql.begin(async (tx) => {
    await tx`lock table ${tx(table)} in exclusive mode`;
    held.resolve();
    await release.promise;
  });
  await held.promise;
  return {
    release: async () => {
      release.resolve();
      await holding;
    },
  };
}

describe('laws', () => {
  test('roll-ups are what brute force counts, after any number of batches', async () => {
    const check = async (events: TrackedEvent[], cut: number) => {
      await clear();
      const size = Math.ceil(events.length * cut);
      for (const batch of [events.slice(0, size), events.slice(size)]) {
        await store(batch);
        await rollAll();
      }
      expect(await storedQuarters(database.sql)).toEqual(countQuarters(events));
      expect(await storedValues(database.sql)).toEqual(countValues(events));
    };
    await fc.assert(fc.asyncProperty(trackedEvents, fc.double({ min: 0, max: 1, noNaN: true }), check), {
      numRuns: 40,
    });
  }, 240_000);

  test('a range in any time zone is the rest of its first day, whole days, and the beginning of its last', async () => {
    const cut = fc.integer({ min: 0, max: 191 });
    const check = async (events: TrackedEvent[], [a, b]: [number, number]) => {
      await clear();
      await store(events);
      await rollAll();
      const [fromMs, toMs] = [a, b].sort((x, y) => x - y).map((n) => dayStartMs + n * quarterMs) as [number, number];
      const middle = dayStartMs + dayMs;
      fc.pre(fromMs < middle && toMs > middle);
      for (const siteId of siteIds) {
        const parts = await Promise.all([quarterRow(siteId, fromMs, 'after'), quarterRow(siteId, toMs, 'before')]);
        const sum = { views: 0, visitors: 0, visits: 0, bounces: 0, milliseconds: 0 };
        for (const part of parts) {
          sum.views += part?.views ?? 0;
          sum.visitors += part?.visitors ?? 0;
          sum.visits += part?.visits ?? 0;
          sum.bounces += part?.bounces ?? 0;
          sum.milliseconds += Math.round((part?.seconds ?? 0) * 1000);
        }
        const { seconds, ...counts } = countRange(events, { siteId, fromMs, toMs });
        expect(sum).toEqual({ ...counts, milliseconds: Math.round(seconds * 1000) });
      }
    };
    await fc.assert(fc.asyncProperty(trackedEvents, fc.tuple(cut, cut), check), { numRuns: 30 });
  }, 240_000);
});

test('the roller counts what is dirty, before it started and while it runs, and says so', async () => {
  const rolled: string[] = [];
  await new Promise<void>((resolve) => {
    void database.listen('analytics_rolled', (siteId) => rolled.push(siteId), resolve);
  });
  await store([trackedEvent({ id: uuid(1) })]);
  const log = createLog({ name: 'test', level: 'silent' });
  const roller = startRoller({ database, log, metrics: createMetrics() });
  try {
    await waitFor(async () => (await quarterRow(siteIds[0], dayStartMs, 'after'))?.views === 1);
    await store([trackedEvent({ id: uuid(2), siteId: siteIds[1] })]);
    await waitFor(async () => (await quarterRow(siteIds[1], dayStartMs, 'after'))?.views === 1);
    await waitFor(() => siteIds.every((siteId) => rolled.includes(siteId)));
  } finally {
    await roller.close();
  }
});
