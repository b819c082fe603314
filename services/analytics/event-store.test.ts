import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storeEvents } from './event-store.ts';
import { visitSelect } from './roll-up-sql.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';
import { storedVisits } from './testing/stored.ts';
import { dayStartMs, siteIds, trackedEvent, trackedEvents, visitsOfTracked } from './testing/tracked-events.ts';

let database: HotDatabase;
beforeAll(async () => {
  database = await createHotDatabase();
});
afterAll(async () => {
  await database.drop();
});
const clear = () => database.sql`truncate event, visit, dirty_day`;
beforeEach(async () => {
  await clear();
});

const store = (events: readonly TrackedEvent[]): Promise<number> =>
  database.db.transaction((tx) => storeEvents(tx, events));

const uuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const minutes = (count: number, milliseconds = 0): string =>
  new Date(dayStartMs + count * 60_000 + milliseconds).toISOString();
const spans = async () =>
  (await storedVisits(database.sql)).map(({ startedMs, endedMs, views, customs }) => [
    (startedMs - dayStartMs) / 60_000,
    (endedMs - dayStartMs) / 60_000,
    views,
    customs,
  ]);

describe('visits', () => {
  test('a gap of 30 minutes continues a visit and a millisecond more begins another', async () => {
    await store([
      trackedEvent({ id: uuid(1), at: minutes(0) }),
      trackedEvent({ id: uuid(2), at: minutes(30) }),
      trackedEvent({ id: uuid(3), at: minutes(60, 1) }),
    ]);
    expect(await spans()).toEqual([
      [0, 30, 2, 0],
      [60 + 1 / 60_000, 60 + 1 / 60_000, 1, 0],
    ]);
  });

  test('a late event joins the visits on both sides of it', async () => {
    await store([trackedEvent({ id: uuid(1), at: minutes(0) }), trackedEvent({ id: uuid(2), at: minutes(50) })]);
    expect(await spans()).toEqual([
      [0, 0, 1, 0],
      [50, 50, 1, 0],
    ]);
    expect(await store([trackedEvent({ id: uuid(3), at: minutes(25), type: 'custom', name: 'buy' })])).toBe(1);
    expect(await spans()).toEqual([[0, 50, 2, 1]]);
  });

  test('an earlier event moves the start of a visit', async () => {
    await store([trackedEvent({ id: uuid(1), at: minutes(40) })]);
    await store([trackedEvent({ id: uuid(2), at: minutes(20) })]);
    expect(await spans()).toEqual([[20, 40, 2, 0]]);
  });

  test('a visit ends at midnight UTC', async () => {
    await store([trackedEvent({ id: uuid(1), at: minutes(-1) }), trackedEvent({ id: uuid(2), at: minutes(0) })]);
    expect(await spans()).toEqual([
      [-1, -1, 1, 0],
      [0, 0, 1, 0],
    ]);
  });

  test('an engagement alone is a visit without a view', async () => {
    await store([trackedEvent({ id: uuid(1), type: 'engagement', seconds: 5 })]);
    expect(await spans()).toEqual([[0, 0, 0, 0]]);
  });
});

describe('events', () => {
  test('every field is stored as it came', async () => {
    const event: TrackedEvent = {
      id: uuid(1),
      siteId: siteIds[1],
      visitor: 'fedcba9876543210',
      type: 'custom',
      at: '2026-01-31T10:00:00.123Z',
      receivedAt: '2026-01-31T10:00:01.456Z',
      path: '/été/"quoted"\\',
      title: 'A title\twith 🦊',
      referrer: 'one.example',
      utmSource: 'letter',
      utmMedium: 'mail',
      utmCampaign: 'spring',
      country: 'DE',
      browser: 'Firefox',
      os: 'Linux',
      device: 'desktop',
      language: 'de-DE',
      screen: '1920x1080',
      name: 'buy',
      props: { plan: 'pro', seats: 3, trial: false, note: null },
      seconds: 7,
      clockSkew: true,
    };
    await store([event]);
    const [row] = await database.sql`select *, tx::text from event`;
    expect(row).toEqual({
      id: uuid(1),
      site_id: siteIds[1],
      visitor: String(BigInt.asIntN(64, 0xfedcba9876543210n)),
      at: new Date('2026-01-31T10:00:00.123Z'),
      received_at: new Date('2026-01-31T10:00:01.456Z'),
      tx: expect.stringMatching(/^\d+$/),
      seconds: 7,
      clock_skew: true,
      type: 'custom',
      path: '/été/"quoted"\\',
      title: 'A title\twith 🦊',
      referrer: 'one.example',
      utm_source: 'letter',
      utm_medium: 'mail',
      utm_campaign: 'spring',
      country: 'DE',
      browser: 'Firefox',
      os: 'Linux',
      device: 'desktop',
      language: 'de-DE',
      screen: '1920x1080',
      name: 'buy',
      props: { plan: 'pro', seats: 3, trial: false, note: null },
    });
  });

  test('the same id again changes nothing and marks no day', async () => {
    const event = trackedEvent({ id: uuid(1) });
    expect(await store([event, event])).toBe(1);
    await database.sql`delete from dirty_day`;
    expect(await store([event, { ...event, at: minutes(99) }])).toBe(0);
    expect(await spans()).toEqual([[0, 0, 1, 0]]);
    expect(await database.sql`select * from dirty_day`).toHaveLength(0);
  });

  test('no events are no work', async () => {
    expect(await store([])).toBe(0);
  });

  test('an unknown type is refused by the database too', async () => {
    const wrong = { ...trackedEvent({ id: uuid(1) }), type: 'download' } as unknown as TrackedEvent;
    await expect(store([wrong])).rejects.toThrow();
    expect(await spans()).toEqual([]);
  });

  test('a stored batch says which site is live and that days are dirty', async () => {
    const heard: string[] = [];
    await listening('analytics_live', (payload) => heard.push(`live ${payload}`));
    await listening('analytics_dirty', () => heard.push('dirty'));
    await store([trackedEvent({ id: uuid(1) }), trackedEvent({ id: uuid(2) })]);
    await expect.poll(() => [...heard].sort(), { timeout: 30_000 }).toEqual(['dirty', `live ${siteIds[0]}`]);
    expect(await database.sql`select site_id, day::text, version from dirty_day`).toEqual([
      { site_id: siteIds[0], day: '2026-01-31', version: '1' },
    ]);
  });
});

test('batches that give the same ids to different visitors wait for each other and not in a ring', async () => {
  for (let round = 0; round < 20; round += 1) {
    const ids = Array.from({ length: 200 }, (_, n) => uuid(round * 1_000 + n));
    const [one, other] = ['0000000000000001', '0000000000000002'].map((visitor, reverse) => {
      const events = ids.map((id, n) => trackedEvent({ id, visitor, at: minutes(reverse ? -n : n) }));
      return reverse ? events.reverse() : events;
    });
    const stored = await Promise.all([store(one ?? []), store(other ?? [])]);
    expect(stored.reduce((sum, count) => sum + count, 0)).toBe(ids.length);
  }
});

describe('laws', () => {
  const shuffledBatches = trackedEvents.chain((events) =>
    fc.record({
      events: fc.constant(events),
      arrivals: fc
        .tuple(
          fc.shuffledSubarray(events, { minLength: events.length }),
          fc.array(fc.constantFrom(...events), { maxLength: 20 }),
        )
        .map(([all, again]) => [...all, ...again]),
      sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
    }),
  );

  test('any order, repetition and batching makes the visits of the plain reference', async () => {
    const check = async ({
      events,
      arrivals,
      sizes,
    }: {
      events: TrackedEvent[];
      arrivals: TrackedEvent[];
      sizes: number[];
    }) => {
      await clear();
      let stored = 0;
      for (const batch of batches(arrivals, sizes)) stored += await store(batch);
      expect(stored).toBe(events.length);
      expect(await storedVisits(database.sql)).toEqual(visitsOfTracked(events));
    };
    await fc.assert(fc.asyncProperty(shuffledBatches, check), { numRuns: 120 });
  }, 240_000);

  test('batches stored at the same time make the same visits too', async () => {
    const check = async ({
      events,
      arrivals,
      sizes,
    }: {
      events: TrackedEvent[];
      arrivals: TrackedEvent[];
      sizes: number[];
    }) => {
      await clear();
      await Promise.all([...batches(arrivals, sizes)].map(store));
      expect(await storedVisits(database.sql)).toEqual(visitsOfTracked(events));
    };
    await fc.assert(fc.asyncProperty(shuffledBatches, check), { numRuns: 60 });
  }, 240_000);

  test('the select for the warehouse finds the same visits', async () => {
    await fc.assert(
      fc.asyncProperty(trackedEvents, async (events) => {
        await clear();
        await store(events);
        const days = `select site_id, day, cast(day as timestamp) at time zone 'UTC' as starts_at,
          cast(day + 1 as timestamp) at time zone 'UTC' as ends_at from dirty_day`;
        expect(await storedVisits(database.sql, `(${visitSelect(days)}) as again`)).toEqual(visitsOfTracked(events));
      }),
      { numRuns: 60 },
    );
  }, 240_000);
});

async function listening(channel: string, onNotify: (payload: string) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    void database.listen(channel, onNotify, resolve);
  });
}

function* batches(events: readonly TrackedEvent[], sizes: readonly number[]): Generator<TrackedEvent[]> {
  for (let start = 0, n = 0; start < events.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield events.slice(start, start + size);
    start += size;
  }
}
