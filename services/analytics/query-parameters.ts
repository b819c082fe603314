// The parameters of the questions, checked once for stats and breakdown.
import { z } from 'zod';
import type { Filters } from './query-sql.ts';
import type { Dimension } from './roll-up-sql.ts';
import { dimensionColumns } from './roll-up-sql.ts';
import type { TimeRange } from './time-range.ts';
import { dayMs, defaultInterval, intervals, maxHourlyDays, maxRangeDays } from './time-range.ts';
import { isZone } from './time-zone.ts';

const earliestMs = Date.UTC(1970, 0, 1);
const latestMs = Date.UTC(2200, 0, 1);
const maxFilterChars = 1_024;

export const dimensions = Object.keys(dimensionColumns) as [Dimension, ...Dimension[]];

/** A UUID in any case, as it is stored; another text names no site. */
const site = z
  .string()
  .max(64)
  .transform((text) => text.toLowerCase());

const instant = z.iso.datetime({ offset: true }).transform((text, context) => {
  const atMs = Date.parse(text);
  if (atMs >= earliestMs && atMs <= latestMs) return atMs;
  context.addIssue({ code: 'custom', params: { code: 'range' }, message: 'Write a time between 1970 and 2200.' });
  return z.NEVER;
});

const zone = z
  .string()
  .max(64)
  .refine(isZone, { params: { code: 'time-zone' }, message: 'Write an IANA time zone, like Europe/Vienna.' });

const filter = z.string().max(maxFilterChars).optional();
const filterShape = {
  path: filter,
  referrer: filter,
  country: filter,
  browser: filter,
  os: filter,
  device: filter,
  language: filter,
  campaign: filter,
  source: filter,
  event: filter,
} satisfies Record<Dimension, typeof filter>;
const rangeShape = { site, from: instant, to: instant };

type RangeText = { from: number; to: number };
type Report = (code: string, name: string, message: string) => void;

function checkRange({ from, to }: RangeText, report: Report): void {
  if (from >= to) report('range-order', 'to', 'The range ends before it begins: `from` must be before `to`.');
  else if (to - from > maxRangeDays * dayMs) {
    report('range-too-wide', 'to', `A range may be ${maxRangeDays} days long.`);
  }
}

const reporter =
  (context: Pick<z.core.$RefinementCtx, 'addIssue'>): Report =>
  (code, name, message) =>
    context.addIssue({ code: 'custom', path: [name], params: { code }, message });

export const statsQuery = z
  .strictObject({ ...rangeShape, ...filterShape, interval: z.enum(intervals).optional(), tz: zone.default('UTC') })
  .superRefine((query, context) => {
    const report = reporter(context);
    checkRange(query, report);
    const isTooFine = query.interval === 'hour' && query.to - query.from > maxHourlyDays * dayMs;
    if (isTooFine) report('interval-too-fine', 'interval', `Hours are answered for at most ${maxHourlyDays} days.`);
  });

export const breakdownQuery = z
  .strictObject({
    ...rangeShape,
    ...filterShape,
    by: z.enum(dimensions),
    sort: z.enum(['pageviews', 'visitors']).default('pageviews'),
    limit: z.coerce.number().int().min(1).max(500).default(20),
    cursor: z.string().max(4_096).optional(),
  })
  .superRefine((query, context) => checkRange(query, reporter(context)));

export const shopQuery = z
  .strictObject({ from: instant, to: instant })
  .superRefine((query, context) => checkRange(query, reporter(context)));

export type StatsQuery = z.output<typeof statsQuery>;
export type BreakdownQuery = z.output<typeof breakdownQuery>;

export const rangeOf = (query: RangeText): TimeRange => ({ fromMs: query.from, toMs: query.to });

export const intervalOf = (query: StatsQuery) => query.interval ?? defaultInterval(rangeOf(query));

/** The filters that were given; an empty one asks for events without a value. */
export function filtersOf(query: Partial<Record<Dimension, string | undefined>>): Filters {
  const filters: Filters = {};
  for (const dimension of dimensions) {
    const value = query[dimension];
    if (value !== undefined) filters[dimension] = value;
  }
  return filters;
}
