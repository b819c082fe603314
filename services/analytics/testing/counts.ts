// Counts by brute force what the roll-ups say, for tests to compare.
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { Visit } from '../visit.ts';
import { isBounce } from '../visit.ts';
import { visitsOfTracked } from './tracked-events.ts';

export interface RangeCounts {
  views: number;
  visitors: number;
  visits: number;
  bounces: number;
  seconds: number;
}

export interface ValueCounts {
  siteId: string;
  day: string;
  dimension: string;
  value: string;
  views: number;
  visits: number;
  visitors: number;
  seconds: number;
}

interface SiteRange {
  siteId: string;
  fromMs: number;
  toMs: number;
}

const dayMs = 86_400_000;
const quarterMs = 900_000;
const nothing: RangeCounts = { views: 0, visitors: 0, visits: 0, bounces: 0, seconds: 0 };
const atMs = (event: TrackedEvent): number => new Date(event.at).getTime();
const dayOf = (ms: number): number => Math.floor(ms / dayMs);
const visitorOfDay = (visit: Visit): string => `${visit.visitor} ${dayOf(visit.startedMs)}`;

/** What happened in [from, to), counted from the events one by one. */
export function countRange(events: readonly TrackedEvent[], { siteId, fromMs, toMs }: SiteRange): RangeCounts {
  const own = events.filter((event) => event.siteId === siteId);
  const visits = visitsOfTracked(own).filter(({ startedMs, endedMs }) => startedMs < toMs && endedMs >= fromMs);
  return {
    views: own.filter((event) => event.type === 'pageview' && atMs(event) >= fromMs && atMs(event) < toMs).length,
    visitors: new Set(visits.map(visitorOfDay)).size,
    visits: visits.length,
    bounces: visits.filter(isBounce).length,
    seconds: visits.reduce((sum, { startedMs, endedMs }) => sum + (endedMs - startedMs), 0) / 1000,
  };
}

/** Each part of each quarter of each active day, by site, quarter and part. */
export function countQuarters(events: readonly TrackedEvent[]): Record<string, RangeCounts> {
  const days = new Set(events.map(({ siteId, at }) => `${siteId} ${at.slice(0, 10)}`));
  const parts = [...days].flatMap((key) => {
    const [siteId = '', date = ''] = key.split(' ');
    const start = Date.parse(date);
    const end = start + dayMs;
    return Array.from({ length: 96 }, (_, n) => start + n * quarterMs).flatMap((quarter) => {
      const hourEnd = Math.min(quarter + 4 * quarterMs, end);
      const ranges = { before: [start, quarter], hour: [quarter, hourEnd], after: [quarter, end] };
      return Object.entries(ranges).map(([part, [fromMs = 0, toMs = 0]]): [string, RangeCounts] => [
        `${siteId} ${new Date(quarter).toISOString()} ${part}`,
        fromMs === toMs ? nothing : countRange(events, { siteId, fromMs, toMs }),
      ]);
    });
  });
  return Object.fromEntries(parts);
}

const dimensions: Record<string, (event: TrackedEvent) => string | undefined> = {
  path: ({ path }) => path,
  referrer: ({ referrer }) => referrer,
  country: ({ country }) => country,
  browser: ({ browser }) => browser,
  os: ({ os }) => os,
  device: ({ device }) => device,
  language: ({ language }) => language,
  campaign: ({ utmCampaign }) => utmCampaign,
  source: ({ utmSource }) => utmSource,
};

/** Every value of every dimension on every day, counted from the events one by one; sorted. */
export function countValues(events: readonly TrackedEvent[]): ValueCounts[] {
  const visits = visitsOfTracked(events);
  const pages = events.filter(({ type }) => type !== 'custom');
  const all = Object.entries(dimensions).flatMap(([dimension, valueIn]) =>
    countDimension(pages, { dimension, valueIn, counted: 'pageview', visits }),
  );
  const customs = events.filter(({ type }) => type === 'custom');
  const named = countDimension(customs, { dimension: 'event', valueIn: ({ name }) => name, counted: 'custom', visits });
  return [...all, ...named].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

interface Counting {
  dimension: string;
  valueIn: (event: TrackedEvent) => string | undefined;
  counted: TrackedEvent['type'];
  /** All visits of all events. */
  visits: readonly Visit[];
}

function countDimension(events: readonly TrackedEvent[], counting: Counting): ValueCounts[] {
  const { dimension, valueIn, counted, visits } = counting;
  const groups = Map.groupBy(events, (event) =>
    JSON.stringify([event.siteId, event.at.slice(0, 10), valueIn(event) ?? '']),
  );
  return [...groups].map(([key, group]) => {
    const [siteId, day, value] = JSON.parse(key) as [string, string, string];
    const own = group.filter(({ type }) => type === counted);
    const hit = own.map((event) => visits.find((visit) => holds(visit, event)));
    const seconds = group.reduce((sum, event) => sum + (event.type === 'engagement' ? (event.seconds ?? 0) : 0), 0);
    const visitors = new Set(hit.map((visit) => visit && visitorOfDay(visit))).size;
    return { siteId, day, dimension, value, views: own.length, visits: new Set(hit).size, visitors, seconds };
  });
}

function holds(visit: Visit, event: TrackedEvent): boolean {
  const isOwn = visit.siteId === event.siteId && visit.visitor === event.visitor;
  return isOwn && visit.startedMs <= atMs(event) && visit.endedMs >= atMs(event);
}

/** Orders values as `countValues` does. */
export const keyOf = ({ siteId, day, dimension, value }: ValueCounts): string =>
  [siteId, day, dimension, value].join('\n');
