import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { ownPages } from './page-address.ts';
import type { Queries } from './query.ts';
import { mergeLines, queries } from './query.ts';
import type { Filters, ValuePage } from './query-sql.ts';
import type { SiteFacts, ValueLine } from './query-store.ts';
import { querySource } from './query-store.ts';
import type { Dimension } from './roll-up-sql.ts';
import { dimensionColumns } from './roll-up-sql.ts';
import type { Stores } from './testing/stores.ts';
import { openStores, randomEvents, seeded } from './testing/stores.ts';
import { visitsOfTracked } from './testing/tracked-events.ts';
import type { Interval, TimeRange } from './time-range.ts';
import { bucketsOf, dayMs, intervals } from './time-range.ts';
import type { Visit } from './visit.ts';
import { isBounce } from './visit.ts';

// Twelve days with the change to winter time of Europe (26 October) and of America (2 November) in them.
const firstMs = Date.parse('2025-10-23T00:00:00Z');
const lastMs = firstMs + 12 * dayMs;
const splitNow = new Date('2025-11-27T07:00:00Z');
const zones = ['UTC', 'Europe/Vienna', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'America/Havana'];
const loadedAt = new Date('2030-01-01');
let facts: SiteFacts = { owner: 'owner', behindSince: undefined, lastAt: undefined, loadedAt };

let stores: Stores;
let siteId: string;
let events: TrackedEvent[];
/** Each event with its visit, found one by one. */
let pairs: { event: TrackedEvent; visit: Visit }[];
let visits: Visit[];
let asking: Queries;

beforeAll(async () => {
  stores = await openStores(new Date('2025-11-05T00:00:00Z'));
  siteId = await stores.addSite('owner');
  const plan = { siteId, count: 1_500, fromMs: firstMs, toMs: lastMs };
  events = randomEvents(seeded(7), plan);
  const other = randomEvents(seeded(8), { ...plan, siteId: await stores.addSite('owner'), count: 200 });
  await stores.store([...events, ...other]);
  await stores.settle();
  // As autovacuum does after a while: a plan made without statistics may take longer than a statement may.
  for (const { sql } of [stores.database, stores.warehouse])
    await sql.unsafe('analyze event, visit, rollup_quarter, rollup_day');
  facts = { ...facts, lastAt: new Date(Math.max(...events.map(atMs))) };
  visits = visitsOfTracked(events);
  pairs = events.map((event) => ({ event, visit: visitOf(event) }));
  asking = queries({
    aurora: querySource(stores.database, 'aurora'),
    redshift: querySource(stores.warehouse, 'redshift'),
    clock: stores.clock,
    warehouseMs: 10_000,
    onWarehouseFault: (error) => {
      throw error;
    },
  });
});
afterAll(() => stores.close());

const quarter = fc.integer({ min: -8, max: 12 * 96 + 8 }).map((n) => firstMs + n * 900_000);
const moment = fc.oneof(quarter, fc.integer({ min: firstMs - dayMs, max: lastMs + dayMs }));
const range = fc
  .tuple(moment, moment)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({ fromMs: Math.min(a, b), toMs: Math.max(a, b) }));
const dimension = fc.constantFrom(...(Object.keys(dimensionColumns) as Dimension[]));
const someFilters: fc.Arbitrary<Filters> = fc.record(
  {
    path: fc.constantFrom('/0', '/1'),
    country: fc.constantFrom('AT', ''),
    referrer: fc.constantFrom('news.example', ''),
    event: fc.constantFrom('signup', 'download'),
  },
  { requiredKeys: [] },
);

const valueIn: Record<Dimension, (event: TrackedEvent) => string | undefined> = {
  path: ({ path }) => path,
  referrer: ({ referrer }) => referrer,
  country: ({ country }) => country,
  browser: ({ browser }) => browser,
  os: ({ os }) => os,
  device: ({ device }) => device,
  language: ({ language }) => language,
  campaign: ({ utmCampaign }) => utmCampaign,
  source: ({ utmSource }) => utmSource,
  event: ({ name }) => name,
};
const atMs = (event: TrackedEvent): number => Date.parse(event.at);
const visitKey = (visit: Visit): string => `${visit.visitor} ${visit.startedMs}`;
const visitorKey = (visit: Visit): string => `${visit.visitor} ${Math.floor(visit.startedMs / dayMs)}`;

function visitOf(event: TrackedEvent): Visit {
  const own = visits.find(
    ({ visitor, startedMs, endedMs }) =>
      visitor === event.visitor && startedMs <= atMs(event) && endedMs >= atMs(event),
  );
  if (!own) throw new Error('an event without a visit');
  return own;
}

/** The events in a range and under filters, one by one. */
function chosen(within: TimeRange, filters: Filters): typeof pairs {
  const wanted = new Set(
    pairs.filter(({ event }) => event.type === 'custom' && event.name === filters.event).map((pair) => pair.visit),
  );
  return pairs.filter(
    ({ event, visit }) =>
      atMs(event) >= within.fromMs &&
      atMs(event) < within.toMs &&
      (filters.event === undefined || wanted.has(visit)) &&
      Object.entries(filters).every(
        ([by, value]) => by === 'event' || (valueIn[by as Dimension](event) ?? '') === value,
      ),
  );
}

function countRange({ fromMs, toMs }: TimeRange) {
  const overlapping = visits.filter(({ startedMs, endedMs }) => startedMs < toMs && endedMs >= fromMs);
  const views = pairs.filter(({ event }) => event.type === 'pageview' && atMs(event) >= fromMs && atMs(event) < toMs);
  return countVisits(overlapping, views.length);
}

function countFiltered(within: TimeRange, filters: Filters) {
  const views = chosen(within, filters).filter(({ event }) => event.type === 'pageview');
  return countVisits([...new Set(views.map((pair) => pair.visit))], views.length);
}

function countVisits(own: Visit[], views: number) {
  return {
    views,
    visitors: new Set(own.map(visitorKey)).size,
    visits: own.length,
    bounces: own.filter(isBounce).length,
    seconds: own.reduce((sum, { startedMs, endedMs }) => sum + (endedMs - startedMs) / 1000, 0),
  };
}

function countLines(within: TimeRange, by: Dimension, filters: Filters): ValueLine[] {
  const counted = by === 'event' ? 'custom' : 'pageview';
  const groups = new Map<string, { line: ValueLine; visits: Set<string>; visitors: Set<string> }>();
  for (const { event, visit } of chosen(within, filters)) {
    if (event.type !== counted && (event.type !== 'engagement' || by === 'event')) continue;
    const value = valueIn[by](event) ?? '';
    const line = { value, pageviews: 0, visits: 0, visitors: 0, seconds: 0 };
    const group = groups.get(value) ?? { line, visits: new Set(), visitors: new Set() };
    groups.set(value, group);
    if (event.type === counted) {
      group.line.pageviews += 1;
      group.visits.add(visitKey(visit));
      group.visitors.add(visitorKey(visit));
    } else group.line.seconds += event.seconds ?? 0;
  }
  return [...groups.values()]
    .map(({ line, visits, visitors }) => ({ ...line, visits: visits.size, visitors: visitors.size }))
    .filter((line) => line.pageviews > 0 && !(by === 'referrer' && line.value === ownPages));
}

async function checkStats(within: TimeRange, options: { interval: Interval; zone: string; filters: Filters }) {
  const { filters, interval, zone } = options;
  const isFiltered = Object.keys(filters).length > 0;
  const count = (part: TimeRange) => (isFiltered ? countFiltered(part, filters) : countRange(part));
  const answer = await asking.stats({ siteId, range: within, filters, facts, interval, zone });
  const whole = count(within);
  expect(answer).toMatchObject({ pageviews: whole.views, visitors: whole.visitors, visits: whole.visits });
  expect(answer.bounceRate).toBeCloseTo(whole.visits === 0 ? 0 : whole.bounces / whole.visits, 9);
  expect(answer.avgVisitSeconds).toBeCloseTo(whole.visits === 0 ? 0 : whole.seconds / whole.visits, 6);
  const series = bucketsOf(within, { interval, zone }).map((bucket) => {
    const { views, visitors, visits } = count(bucket);
    return { start: new Date(bucket.startMs).toISOString(), visitors, visits, pageviews: views };
  });
  expect(answer.series).toEqual(series);
  return answer;
}

async function checkLines(within: TimeRange, options: { by: Dimension; filters: Filters; sort: ValuePage['sort'] }) {
  const { by, filters, sort } = options;
  const expected = mergeLines([countLines(within, by, filters)], { limit: 500, sort });
  const pages: ValueLine[] = [];
  let after: ValuePage['after'];
  for (let turn = 0; turn < 50; turn += 1) {
    const page = { limit: 3, sort, after };
    const answer = await asking.breakdown({ siteId, range: within, filters, facts, by, page });
    pages.push(...answer.lines);
    const last = answer.lines.at(-1);
    if (!answer.hasMore || !last) break;
    after = { count: last[sort], value: last.value };
  }
  expect(pages).toEqual(expected);
}

const law = fc.asyncProperty(
  range,
  fc.constantFrom(...intervals),
  fc.constantFrom(...zones),
  fc.oneof(fc.constant({}), someFilters),
  async (within, interval, zone, filters) => {
    await checkStats(within, { interval, zone, filters });
  },
);
const lineLaw = fc.asyncProperty(
  range,
  dimension,
  fc.oneof(fc.constant({}), someFilters),
  fc.constantFrom('pageviews' as const, 'visitors' as const),
  (within, by, filters, sort) => checkLines(within, { by, filters, sort }),
);

test('Aurora alone gives the figures of a count of every event, for any range, zone, interval and filter', async () => {
  await fc.assert(law, { numRuns: 150 });
}, 300_000);

test('Aurora alone gives the breakdowns of a count of every event, page by page', async () => {
  await fc.assert(lineLaw, { numRuns: 100 });
}, 300_000);

test('both sides together give the same, when Aurora has lost its old days', async () => {
  stores.clock.set(splitNow);
  const boundary = '2025-10-29';
  for (const [table, column] of [
    ['event', 'at'],
    ['visit', 'started_at'],
    ['rollup_quarter', 'quarter'],
    ['rollup_day', 'day'],
  ]) {
    await stores.database.sql.unsafe(`delete from ${table} where ${column} < '${boundary}'`);
    await stores.warehouse.sql.unsafe(`delete from ${table} where ${column} >= '${boundary}'`);
  }
  const answer = await checkStats({ fromMs: firstMs, toMs: lastMs }, { interval: 'day', zone: 'UTC', filters: {} });
  expect(answer).toMatchObject({ source: 'both', complete: true });
  await fc.assert(law, { numRuns: 150 });
  await fc.assert(lineLaw, { numRuns: 100 });
}, 300_000);

test('when the warehouse does not answer, the part of Aurora is served and called incomplete', async () => {
  // The time in which it is not asked again does not pass, however long the questions take.
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const faults: unknown[] = [];
  let asked = 0;
  const never = new Promise<never>(() => undefined);
  const lonely = queries({
    aurora: querySource(stores.database, 'aurora'),
    redshift: {
      figures: () => {
        asked += 1;
        return never;
      },
      values: () => never,
      behindSince: () => never,
    },
    clock: stores.clock,
    warehouseMs: 50,
    onWarehouseFault: (error) => faults.push(error),
  });
  const hot = { fromMs: Date.parse('2025-10-29'), toMs: lastMs };
  const question = { siteId, filters: {}, facts, interval: 'day' as const, zone: 'UTC' };
  const whole = await lonely.stats({ ...question, range: { fromMs: firstMs, toMs: lastMs } });
  const part = await lonely.stats({ ...question, range: hot });
  expect(whole).toMatchObject({ source: 'both', complete: false, pageviews: part.pageviews });
  expect(part).toMatchObject({ source: 'aurora', complete: true });
  expect(faults).toHaveLength(1);
  await lonely.stats({ ...question, range: { fromMs: firstMs, toMs: lastMs } });
  expect(asked).toBe(1);
  const lines = await lonely.breakdown({ ...question, by: 'path', page: { limit: 5, sort: 'pageviews' }, range: hot });
  expect(lines.complete).toBe(true);
});

test('an answer is as old as what is behind', async () => {
  const behindSince = new Date('2025-11-27T06:59:00Z');
  const loadedAt = new Date('2025-11-27T06:30:00Z');
  const question = { siteId, filters: {}, interval: 'day' as const, zone: 'UTC' };
  const ask = (range: TimeRange, known: object) =>
    asking.stats({ ...question, range, facts: { ...facts, ...known } }).then((answer) => answer.asOf);
  const hot = { fromMs: lastMs - dayMs, toMs: lastMs };
  const old = { fromMs: firstMs, toMs: firstMs + dayMs };
  expect(await ask(hot, {})).toBe(splitNow.toISOString());
  expect(await ask(hot, { behindSince, loadedAt })).toBe(behindSince.toISOString());
  expect(await ask(old, { behindSince, loadedAt })).toBe(loadedAt.toISOString());
});
