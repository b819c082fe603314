import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Live, Watcher } from './live.ts';
import { startLive } from './live.ts';
import type { LiveEvent } from './live-window.ts';
import { LiveWindow, maxLatest } from './live-window.ts';
import type { Stores } from './testing/stores.ts';
import { openStores, quietLog } from './testing/stores.ts';
import { trackedEvent } from './testing/tracked-events.ts';

const nowMs = Date.parse('2026-06-15T12:34:56Z');
const liveEvent: fc.Arbitrary<LiveEvent> = fc
  .record({
    id: fc.uuid(),
    visitor: fc.constantFrom('1', '2', '3'),
    type: fc.constantFrom('pageview', 'engagement', 'custom'),
    atMs: fc.integer({ min: nowMs - 45 * 60_000, max: nowMs }),
  })
  .map((some) => ({
    ...some,
    path: '/',
    title: null,
    referrer: null,
    country: null,
    browser: null,
    os: null,
    device: null,
  }));

describe('the window', () => {
  test('is the same whether events come at once or one by one, and equals a count of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(liveEvent, { selector: ({ id }) => id, maxLength: 60 }), (events) => {
        const empty = { minutes: [], visitors: [], latest: [] };
        const [whole, single] = [new LiveWindow(empty), new LiveWindow(empty)];
        const shown = whole.add(events, nowMs);
        for (const event of events) single.add([event], nowMs);
        const snapshot = whole.snapshot(nowMs);
        expect(single.snapshot(nowMs)).toEqual(snapshot);
        const first = Date.parse('2026-06-15T12:05:00Z');
        const views = events.filter(({ type, atMs }) => type === 'pageview' && atMs >= first);
        expect(snapshot.viewsPerMinute).toHaveLength(30);
        expect(snapshot.viewsPerMinute[0]?.minute).toBe(new Date(first).toISOString());
        expect(snapshot.viewsPerMinute.reduce((sum, minute) => sum + minute.views, 0)).toBe(views.length);
        const present = events.filter(({ atMs }) => atMs > nowMs - 5 * 60_000).map(({ visitor }) => visitor);
        expect(snapshot.visitorsNow).toBe(new Set(present).size);
        expect(shown.map(({ id }) => id).sort()).toEqual(views.map(({ id }) => id).sort());
        expect(snapshot.latest).toEqual(shown.slice(0, maxLatest));
      }),
    );
  });

  test('forgets what is over', () => {
    const window = new LiveWindow({ minutes: [], visitors: [], latest: [] });
    window.add([{ ...fc.sample(liveEvent, 1)[0], type: 'pageview', atMs: nowMs } as LiveEvent], nowMs);
    expect(window.visitorsNow(nowMs + 299_999)).toBe(1);
    expect(window.visitorsNow(nowMs + 300_000)).toBe(0);
    const later = window.snapshot(nowMs + 30 * 60_000);
    expect(later.viewsPerMinute.every(({ views }) => views === 0)).toBe(true);
  });
});

describe('a watched site', () => {
  let stores: Stores;
  let siteId: string;
  let live: Live;

  beforeAll(async () => {
    stores = await openStores();
    live = await startLive({
      database: stores.database,
      clock: systemClock,
      metrics: createMetrics(),
      log: quietLog,
    });
  });
  afterAll(async () => {
    await live.close();
    await stores.close();
  });

  const view = (path: string, changes = {}) =>
    trackedEvent({ id: systemRandom.uuid(), siteId, path, at: new Date().toISOString(), ...changes });

  async function watch() {
    const messages: { event: string; data: { views?: { path: string }[]; latest?: { path: string }[] } }[] = [];
    const watcher: Watcher = {
      end: () => undefined,
      send: (event, data) => messages.push({ event, data: JSON.parse(data) as object }) > 0,
    };
    const leave = await live.watch(siteId, watcher);
    const paths = () => messages.flatMap(({ data }) => data.views ?? []).map((shown) => shown.path);
    return { messages, leave, paths };
  }

  test('shows what was there in the snapshot and what comes then, each once', async () => {
    siteId = await stores.addSite('owner');
    await stores.store([view('/before')]);
    const watching = await watch();
    expect(watching.messages[0]).toMatchObject({
      event: 'snapshot',
      data: { visitorsNow: 1, latest: [{ path: '/before' }] },
    });
    await stores.store([view('/a'), view('/a', { type: 'engagement' })]);
    await stores.store([view('/b')]);
    await waitFor(() => watching.paths().length >= 2);
    expect(watching.paths().sort()).toEqual(['/a', '/b']);
    watching.leave();
  });

  test('takes nobody any more when the process stops', async () => {
    const metrics = createMetrics();
    const stopping = await startLive({ database: stores.database, clock: systemClock, metrics, log: quietLog });
    await stopping.close();
    const watcher: Watcher = { end: () => undefined, send: () => true };
    await expect(stopping.watch(siteId, watcher)).rejects.toMatchObject({ status: 503 });
  });

  test('shows a view at once although an older transaction is open, and that one when it commits', async () => {
    siteId = await stores.addSite('owner');
    const watching = await watch();
    const open = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const slow = stores.database.sql.begin(async (tx) => {
      await tx`insert into event (id, site_id, visitor, at, received_at, type, path)
        values (${systemRandom.uuid()}, ${siteId}, 9, now(), now(), 'pageview', '/slow')`;
      await tx`select pg_notify('analytics_live', ${siteId})`;
      started.resolve();
      await open.promise;
    });
    await started.promise;
    await stores.store([view('/fast')]);
    await waitFor(() => watching.paths().length >= 1, 10_000);
    await stores.store([view('/fast-too')]);
    await waitFor(() => watching.paths().length >= 2, 10_000);
    expect(watching.paths()).toEqual(['/fast', '/fast-too']);
    open.resolve();
    await slow;
    await waitFor(() => watching.paths().length >= 3, 10_000);
    expect(watching.paths()).toEqual(['/fast', '/fast-too', '/slow']);
    watching.leave();
  });

  test('shows each of many views once to two watchers who come while it rains', async () => {
    siteId = await stores.addSite('owner');
    const paths = Array.from({ length: 120 }, (_, index) => `/${index}`);
    const early = await watch();
    const storing = Promise.all(paths.map((path) => stores.store([view(path)])));
    const late = await watch();
    await storing;
    await waitFor(() => early.paths().length >= paths.length);
    expect(early.paths().sort()).toEqual([...paths].sort());
    const seen = () => [...late.paths(), ...(late.messages[0]?.data.latest ?? []).map((shown) => shown.path)];
    const total = await live.watch(siteId, { end: () => undefined, send: () => true });
    expect(new Set(seen()).size).toBe(seen().length);
    for (const leave of [early.leave, late.leave, total]) leave();
  });

  test('tells when its roll-ups were counted anew', async () => {
    siteId = await stores.addSite('owner');
    const watching = await watch();
    await stores.store([view('/a')]);
    await stores.settle();
    await waitFor(() => watching.messages.some(({ event }) => event === 'rolled'));
    watching.leave();
  });

  test('goes on after every connection was lost', async () => {
    siteId = await stores.addSite('owner');
    const watching = await watch();
    const name = new URL(stores.urls.database).pathname.slice(1);
    await stores.warehouse.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
    await waitFor(async () => {
      await stores.store([view(`/again-${watching.paths().length}`)]);
      return watching.paths().length > 0;
    }, 30_000);
    expect(new Set(watching.paths()).size).toBe(1);
    watching.leave();
  });

  test('lets a reader go that takes no more', async () => {
    siteId = await stores.addSite('owner');
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
    };
    const leave = await live.watch(siteId, { send: (event) => event === 'snapshot', end });
    await stores.store([view('/a')]);
    await waitFor(() => isEnded);
    leave();
  });
});
