import { instantOf, localTimeAt } from '../page/text/zone.ts';
import type { Counts } from './stand-in-figures.ts';
import { countsOfHour, noiseOf, rowsOf, shareOf, viewOf } from './stand-in-figures.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const filterNames = ['path', 'referrer', 'country', 'browser', 'os', 'device', 'language', 'event'];

export interface StandInSite {
  id: string;
  name: string;
  domain: string;
  timeZone: string;
  createdAt: string;
  hasHistory: boolean;
}

/** What the answers follow from. */
export interface StandInState {
  sites: StandInSite[];
  /** When views came in, by site. */
  arrivals: Map<string, number[]>;
  isComplete: boolean;
  now(): number;
}

interface Range {
  fromMs: number;
  toMs: number;
}

export function liveOf(state: StandInState, site: StandInSite) {
  const nowMs = state.now();
  const times = state.arrivals.get(site.id) ?? [];
  const minute = Math.floor(nowMs / minuteMs) * minuteMs;
  const viewsPerMinute = Array.from({ length: 30 }, (_, index) => {
    const at = minute - (29 - index) * minuteMs;
    const own = times.filter((time) => time >= at && time < at + minuteMs).length;
    const usual = site.hasHistory && at < minute ? Math.round(4 + 9 * noiseOf(at / minuteMs, 5)) : 0;
    return { minute: new Date(at).toISOString(), views: own + usual };
  });
  const own = times.map((time, index) => viewOf(1_000_001 + index, time)).reverse();
  const usual = Array.from({ length: site.hasHistory ? 20 : 0 }, (_, index) =>
    viewOf(Math.floor(nowMs / hourMs) + index, nowMs - (index + 1) ** 2 * 900),
  );
  const visitorsNow = (site.hasHistory ? 23 : 0) + times.filter((time) => time > nowMs - 5 * minuteMs).length;
  return { visitorsNow, viewsPerMinute, latest: [...own, ...usual].slice(0, 20), asOf: new Date(nowMs).toISOString() };
}

export function statsOf(state: StandInState, site: StandInSite, query: URLSearchParams) {
  const range = readRange(query);
  const interval = query.get('interval') ?? 'hour';
  const tz = query.get('tz') ?? 'UTC';
  const filters = filtersOf(query);
  const starts = startsOf(range, { interval, zone: tz });
  const series = starts.map((fromMs, index) => ({
    start: new Date(fromMs).toISOString(),
    ...countsOf(state, site, { range: { fromMs, toMs: starts[index + 1] ?? range.toMs }, filters }),
  }));
  const total = countsOf(state, site, { range, filters });
  return {
    ...factsOf(state, site),
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    interval,
    tz,
    ...total,
    bounceRate: total.visits === 0 ? 0 : 0.44 + 0.08 * Math.sin(range.fromMs / (37 * hourMs)),
    avgVisitSeconds: total.visits === 0 ? 0 : 143 + 22 * Math.sin(range.fromMs / (53 * hourMs)),
    series,
  };
}

export function breakdownOf(state: StandInState, site: StandInSite, query: URLSearchParams) {
  const by = query.get('by') ?? 'path';
  const filters = filtersOf(query);
  const rows = rowsOf(by, countsOf(state, site, { range: readRange(query), filters }), filters);
  const limit = Number(query.get('limit') ?? 10);
  const from = Number(query.get('cursor') ?? 0);
  const nextCursor = from + limit < rows.length ? String(from + limit) : null;
  return { ...factsOf(state, site), by, items: rows.slice(from, from + limit), nextCursor };
}

function factsOf(state: StandInState, site: StandInSite) {
  const asOf = new Date(state.now() - 1_400).toISOString();
  return { site: site.id, source: 'both' as const, asOf, complete: state.isComplete };
}

function countsOf(
  state: StandInState,
  site: StandInSite,
  question: { range: Range; filters: Record<string, string> },
): Counts {
  const { range, filters } = question;
  const endMs = Math.min(range.toMs, state.now());
  const sum: Counts = { visitors: 0, visits: 0, pageviews: 0 };
  const share = site.hasHistory ? shareOf(filters) : 0;
  for (let at = Math.floor(range.fromMs / hourMs) * hourMs; at < endMs; at += hourMs) {
    const counts = countsOfHour(at, 1);
    const part = Math.min(1, (endMs - at) / hourMs) * share;
    for (const name of ['visitors', 'visits', 'pageviews'] as const) sum[name] += counts[name] * part;
  }
  const arrived = (state.arrivals.get(site.id) ?? []).filter((time) => time >= range.fromMs && time < range.toMs);
  const more = arrived.length;
  return {
    visitors: Math.round(sum.visitors) + more,
    visits: Math.round(sum.visits) + more,
    pageviews: Math.round(sum.pageviews) + more,
  };
}

function readRange(query: URLSearchParams): Range {
  return { fromMs: Date.parse(query.get('from') ?? ''), toMs: Date.parse(query.get('to') ?? '') };
}

function filtersOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([name]) => filterNames.includes(name)));
}

/** Enough for a stand-in: weeks begin where the range begins. */
function startsOf(range: Range, cut: { interval: string; zone: string }): number[] {
  const { interval, zone } = cut;
  const starts: number[] = [];
  for (let at = range.fromMs; at < range.toMs && starts.length < 1_000; ) {
    starts.push(at);
    const local = { ...localTimeAt(at, zone), hour: 0 };
    if (interval === 'hour') at += hourMs;
    else if (interval === 'month') at = instantOf({ ...local, month: local.month + 1, day: 1 }, zone);
    else at = instantOf({ ...local, day: local.day + (interval === 'week' ? 7 : 1) }, zone);
  }
  return starts;
}

/** Orders and revenue of a time, a figure for each hour or day. */
export function shopOf(state: StandInState, query: URLSearchParams) {
  const range = readRange(query);
  const interval = range.toMs - range.fromMs > 3 * 24 * hourMs ? 'day' : 'hour';
  const bucketMs = interval === 'day' ? 24 * hourMs : hourMs;
  const whole = { ...range, fromMs: Math.floor(range.fromMs / bucketMs) * bucketMs };
  const series = startsOf(whole, { interval, zone: 'UTC' })
    .filter((at) => at <= state.now())
    .map((at) => {
      const placed = Math.round(countsOfHour(at, 7).visits / 20);
      const confirmed = Math.round(placed * 0.9);
      return { at: new Date(at).toISOString(), placed, confirmed, revenueMinor: confirmed * 3_215 };
    });
  const sum = (name: 'placed' | 'confirmed' | 'revenueMinor'): number =>
    series.reduce((total, entry) => total + entry[name], 0);
  const rejected = Math.round(sum('placed') * 0.06);
  const cancelled = sum('placed') - sum('confirmed') - rejected;
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    orders: { placed: sum('placed'), confirmed: sum('confirmed'), rejected, cancelled: Math.max(0, cancelled) },
    revenue: [{ currency: 'EUR', amountMinor: sum('revenueMinor') }],
    series,
  };
}
