import type { Subject } from '@millrace/runtime/auth.ts';
import { keyring } from '@millrace/runtime/keyring.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { App } from '@millrace/runtime/server.ts';
import { createApp } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Live } from './live.ts';
import { startLive } from './live.ts';
import { liveRoutes } from './live-routes.ts';
import { queryRoutes } from './query-routes.ts';
import type { Stores } from './testing/stores.ts';
import { openStores, quietLog, randomEvents, seeded } from './testing/stores.ts';
import { dayMs } from './time-range.ts';

const nowMs = Date.parse('2026-06-15T12:00:00Z');
const signingKeys = keyring({ current: 'a key of more than thirty-two characters' });
let stores: Stores;
let siteId: string;
let live: Live;
let app: App;

beforeAll(async () => {
  stores = await openStores(new Date(nowMs));
  siteId = await stores.addSite('ada');
  const plan = { siteId, count: 600, fromMs: nowMs - 40 * dayMs, toMs: nowMs, visitors: 200 };
  await stores.store(randomEvents(seeded(3), plan));
  await stores.settle();
  const metrics = createMetrics();
  live = await startLive({ database: stores.database, clock: stores.clock, metrics, log: quietLog });
  const parts = { ...stores, signingKeys, metrics, log: quietLog, random: systemRandom, live };
  app = createApp({
    name: 'analytics',
    version: 'test',
    routes: [...queryRoutes(parts), ...liveRoutes(parts)],
    verifyToken: async (authorization): Promise<Subject> => {
      const [sub, scopes] = (authorization ?? '').replace(/^Bearer /, '').split(' ');
      if (!sub) throw new Problem(401, 'token-required', 'Send an access token.');
      return { sub, clientId: 'test', scopes: [scopes ?? 'analytics:read'] };
    },
    isReady: async () => undefined,
    metrics,
    log: quietLog,
  });
});
afterAll(async () => {
  await live.close();
  await stores.close();
});

const get = (path: string, query: Record<string, string>, headers: Record<string, string> = {}) =>
  app.request(`http://analytics.test/api/analytics/${path}?${new URLSearchParams(query)}`, {
    headers: { authorization: 'Bearer ada', ...headers },
  });
const range = () => ({
  site: siteId,
  from: new Date(nowMs - 40 * dayMs).toISOString(),
  to: new Date(nowMs).toISOString(),
});

test('stats answer with every field of the interface, from both sides in one', async () => {
  const response = await get('stats', { ...range(), interval: 'week', tz: 'Asia/Kathmandu' });
  expect(response.status).toBe(200);
  const body = (await response.json()) as { series: unknown[]; pageviews: number };
  expect(body).toEqual({
    ...range(),
    interval: 'week',
    tz: 'Asia/Kathmandu',
    visitors: expect.any(Number),
    visits: expect.any(Number),
    pageviews: expect.any(Number),
    bounceRate: expect.any(Number),
    avgVisitSeconds: expect.any(Number),
    series: expect.any(Array),
    source: 'both',
    asOf: new Date(nowMs).toISOString(),
    complete: true,
  });
  expect(body.pageviews).toBeGreaterThan(300);
  expect(body.series.at(0)).toMatchObject({ start: '2026-05-03T18:15:00.000Z' });
});

test('a breakdown goes page by page, over both sides, and nothing is null rather than empty', async () => {
  const all = await (await get('breakdown', { ...range(), by: 'path', limit: '500' })).json();
  const items: unknown[] = [];
  let cursor: string | null = '';
  for (let turn = 0; cursor !== null && turn < 20; turn += 1) {
    const page = await get('breakdown', { ...range(), by: 'path', limit: '3', ...(cursor && { cursor }) });
    const body = (await page.json()) as { items: unknown[]; nextCursor: string | null };
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  expect(all).toMatchObject({ site: siteId, by: 'path', nextCursor: null, source: 'both', complete: true, items });
  const referrers = (await (await get('breakdown', { ...range(), by: 'referrer' })).json()) as {
    items: { value: unknown }[];
  };
  expect(referrers.items.map(({ value }) => value).sort()).toEqual(['news.example', null]);
});

test('a filter narrows, an empty one asks for those without a value, and they combine', async () => {
  const views = async (filters: Record<string, string>): Promise<number> => {
    const response = await get('stats', { ...range(), ...filters });
    return ((await response.json()) as { pageviews: number }).pageviews;
  };
  const whole = await views({});
  const [known, none] = [await views({ referrer: 'news.example' }), await views({ referrer: '' })];
  expect(known + none + (await views({ referrer: '-' }))).toBe(whole);
  const both = await views({ referrer: '', country: 'AT' });
  expect(both).toBeGreaterThan(0);
  expect(both).toBeLessThan(none);
  expect(await views({ path: "' or 1=1 --" })).toBe(0);
});

test('without an interval the range chooses it', async () => {
  const to = new Date(nowMs).toISOString();
  const interval = async (days: number) =>
    (
      (await (await get('stats', { site: siteId, from: new Date(nowMs - days * dayMs).toISOString(), to })).json()) as {
        interval: string;
      }
    ).interval;
  expect([await interval(1), await interval(30), await interval(150), await interval(399)]).toEqual([
    'hour',
    'day',
    'week',
    'month',
  ]);
});

describe('bad input', () => {
  const year = { from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' };
  test.each<[string, string, Record<string, string>, number, string]>([
    ['an unknown parameter', 'stats', { color: 'red' }, 400, 'unknown-parameter'],
    ['a range backwards', 'stats', { from: '2026-06-15T12:00:00Z', to: '2026-06-15T11:00:00Z' }, 422, 'range-order'],
    ['an empty range', 'stats', { from: '2026-06-15T12:00:00Z', to: '2026-06-15T12:00:00Z' }, 422, 'range-order'],
    ['ten years', 'stats', { from: '2016-01-01T00:00:00Z' }, 422, 'range-too-wide'],
    ['ten years of values', 'breakdown', { by: 'path', from: '2016-01-01T00:00:00Z' }, 422, 'range-too-wide'],
    ['the year 9999', 'stats', { to: '9999-12-31T00:00:00Z' }, 422, 'range'],
    ['the year 0', 'stats', { from: '0000-01-01T00:00:00Z' }, 422, 'range'],
    ['a time that is none', 'stats', { from: 'yesterday' }, 422, 'format-datetime'],
    ['a time zone on Mars', 'stats', { tz: 'Mars/X' }, 422, 'time-zone'],
    ['an offset as time zone', 'stats', { tz: '+02:00' }, 422, 'time-zone'],
    ['hours of a year', 'stats', { ...year, interval: 'hour' }, 422, 'interval-too-fine'],
    ['an interval of its own', 'stats', { interval: 'minute' }, 422, 'invalid-value'],
    ['limit 0', 'breakdown', { by: 'path', limit: '0' }, 422, 'range'],
    ['limit -1', 'breakdown', { by: 'path', limit: '-1' }, 422, 'range'],
    ['limit 1e9', 'breakdown', { by: 'path', limit: '1e9' }, 422, 'range'],
    ['limit 501', 'breakdown', { by: 'path', limit: '501' }, 422, 'range'],
    ['a sort with SQL', 'breakdown', { by: 'path', sort: 'name;drop' }, 422, 'invalid-value'],
    ['a dimension with SQL', 'breakdown', { by: 'path;drop' }, 422, 'invalid-value'],
    ['no dimension', 'breakdown', {}, 422, 'invalid-value'],
    ['a made-up cursor', 'breakdown', { by: 'path', cursor: 'AAAA' }, 400, 'bad-cursor'],
    ['a site that is no id', 'stats', { site: 'nope' }, 404, 'unknown-site'],
    ['a site that does not exist', 'stats', { site: '01980000-0000-7000-8000-000000000009' }, 404, 'unknown-site'],
    ['a live site that does not exist', 'live', { site: '01980000-0000-7000-8000-000000000009' }, 404, 'unknown-site'],
  ])('%s', async (_name, path, changes, status, slug) => {
    const response = await get(path, { ...(path === 'live' ? { site: siteId } : range()), ...changes });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const body = (await response.json()) as { type: string };
    expect([response.status, body.type.split('/').at(-1)]).toEqual([status, slug]);
  });

  test('a parameter twice', async () => {
    const response = await app.request(`/api/analytics/stats?site=${siteId}&site=${siteId}`, {
      headers: { authorization: 'Bearer ada' },
    });
    expect(await response.json()).toMatchObject({ status: 400, type: expect.stringContaining('duplicate-parameter') });
  });

  test('a cursor that was changed, or is of another question', async () => {
    const first = (await (await get('breakdown', { ...range(), by: 'path', limit: '2' })).json()) as {
      nextCursor: string;
    };
    const cursor = first.nextCursor;
    const changed = `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`;
    expect((await get('breakdown', { ...range(), by: 'path', limit: '2', cursor: changed })).status).toBe(400);
    expect((await get('breakdown', { ...range(), by: 'browser', limit: '2', cursor })).status).toBe(400);
    expect((await get('breakdown', { ...range(), by: 'path', limit: '9', cursor })).status).toBe(200);
  });

  test.each(['stats', 'breakdown', 'live'])('a foreign site on %s looks like a missing one', async (path) => {
    const query = path === 'live' ? { site: siteId } : path === 'stats' ? range() : { ...range(), by: 'path' };
    const foreign = await get(path, query, { authorization: 'Bearer eve' });
    const missing = await get(path, { ...query, site: '01980000-0000-7000-8000-000000000009' });
    const body = async (response: Response) => ({ ...((await response.json()) as object), instance: '' });
    expect(await body(foreign)).toEqual(await body(missing));
    expect((await get(path, query, { authorization: '' })).status).toBe(401);
    expect((await get(path, query, { authorization: 'Bearer ada analytics:write' })).status).toBe(403);
  });
});

describe('the live stream', () => {
  test('begins with a snapshot and ends when the reader goes', async () => {
    const stop = new AbortController();
    const response = await app.request(`/api/analytics/live?site=${siteId}`, {
      headers: { authorization: 'Bearer ada', accept: 'text/event-stream' },
      signal: stop.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-store');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('\n\nevent: snapshot\n') || !text.endsWith('\n\n'))
      text += (await reader?.read())?.value ?? '';
    const snapshot = JSON.parse(text.split('data: ')[1] ?? '') as object;
    expect(snapshot).toEqual({
      visitorsNow: expect.any(Number),
      viewsPerMinute: expect.any(Array),
      latest: expect.any(Array),
      asOf: new Date(nowMs).toISOString(),
    });
    await reader?.cancel();
  });

  test('is refused to pages of other origins, and takes no token in its address', async () => {
    const foreign = await get('live', { site: siteId }, { origin: 'https://evil.example' });
    expect([foreign.status, ((await foreign.json()) as { type: string }).type.split('/').at(-1)]).toEqual([
      403,
      'foreign-origin',
    ]);
    expect((await get('live', { site: siteId }, { origin: 'null' })).status).toBe(403);
    expect((await get('live', { site: siteId }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await get('live', { site: siteId, access_token: 'ada' }, { authorization: '' })).status).toBe(401);
    expect((await get('live', { site: siteId, access_token: 'ada' })).status).toBe(400);
  });
});
