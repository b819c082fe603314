// A range of time, cut into the reader's buckets and into UTC days. Pure.
// Local times that a zone skips or repeats are settled here:
// a day, week or month begins the first time that its date is reached, and an hour begins at every
// full local hour and wherever the offset changes. So no instant is lost and none counts twice.
import type { OffsetSpan } from './time-zone.ts';
import { offsetSpans } from './time-zone.ts';

export const intervals = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof intervals)[number];

export interface TimeRange {
  fromMs: number;
  toMs: number;
}

/** A part of one UTC day. Visitors and visits never cross UTC midnight, so the parts of a range add up. */
export interface Segment extends TimeRange {
  dayMs: number;
}

/** Where a roll-up has a segment's figures: a row of `rollup_quarter` and the group of its columns. */
export interface Cell {
  quarterMs: number;
  columns: 'before' | 'hour' | 'after';
}

export interface Bucket extends TimeRange {
  /** The bucket's own beginning in the reader's zone; the range may begin later. */
  startMs: number;
  segments: Segment[];
}

export const dayMs = 86_400_000;
const hourMs = 3_600_000;
export const quarterMs = 900_000;
export const maxRangeDays = 400;
export const maxHourlyDays = 32;
export const hotDays = 30;

/** The interval that suits a range when the caller names none. */
export function defaultInterval(range: TimeRange): Interval {
  const days = (range.toMs - range.fromMs) / dayMs;
  if (days <= 3) return 'hour';
  if (days <= 93) return 'day';
  return days <= 200 ? 'week' : 'month';
}

/** The first UTC day that Aurora surely has in full: 30 days with today. Older days are the warehouse's. */
export function hotBoundary(now: Date): number {
  return startOfDay(now.getTime()) - (hotDays - 1) * dayMs;
}

/** Cuts a range at UTC midnights. */
export function segmentsOf(range: TimeRange): Segment[] {
  const segments: Segment[] = [];
  for (let fromMs = range.fromMs; fromMs < range.toMs; ) {
    const day = startOfDay(fromMs);
    const toMs = Math.min(range.toMs, day + dayMs);
    segments.push({ dayMs: day, fromMs, toMs });
    fromMs = toMs;
  }
  return segments;
}

/** The roll-up cell that has exactly this segment, or nothing when only the events themselves can tell. */
export function cellOf(segment: Segment): Cell | undefined {
  const { dayMs: day, fromMs, toMs } = segment;
  if (fromMs % quarterMs !== 0 || toMs % quarterMs !== 0) return undefined;
  if (toMs === day + dayMs) return { quarterMs: fromMs, columns: 'after' };
  if (fromMs === day) return { quarterMs: toMs, columns: 'before' };
  if (toMs - fromMs === hourMs) return { quarterMs: fromMs, columns: 'hour' };
  return undefined;
}

/** Whether a segment is a whole UTC day. */
export const isWholeDay = (segment: Segment): boolean => segment.toMs - segment.fromMs === dayMs;

/** The buckets of a range in a zone, in order; the first and the last are cut to the range. */
export function bucketsOf(range: TimeRange, options: { interval: Interval; zone: string }): Bucket[] {
  const marginMs = 40 * dayMs;
  const spans = offsetSpans(options.zone, range.fromMs - marginMs, range.toMs + marginMs);
  const starts = options.interval === 'hour' ? hourStarts(spans, range) : dateStarts(spans, range, options.interval);
  return starts.flatMap((startMs, index) => {
    const fromMs = Math.max(startMs, range.fromMs);
    const toMs = Math.min(starts[index + 1] ?? range.toMs, range.toMs);
    return fromMs < toMs ? [{ startMs, fromMs, toMs, segments: segmentsOf({ fromMs, toMs }) }] : [];
  });
}

function hourStarts(spans: OffsetSpan[], range: TimeRange): number[] {
  const starts: number[] = [];
  for (const span of spans) {
    if (span.toMs <= range.fromMs - hourMs || span.fromMs >= range.toMs) continue;
    const first = Math.max(span.fromMs, range.fromMs - hourMs);
    const full = Math.ceil((first + span.offsetMs) / hourMs) * hourMs - span.offsetMs;
    if (span !== spans[0] && span.fromMs >= first && span.fromMs < full) starts.push(span.fromMs);
    for (let at = full; at < Math.min(span.toMs, range.toMs); at += hourMs) starts.push(at);
  }
  return starts.filter(
    (start, index) => (starts[index + 1] ?? Number.POSITIVE_INFINITY) > range.fromMs && start < range.toMs,
  );
}

function dateStarts(spans: OffsetSpan[], range: TimeRange, interval: Exclude<Interval, 'hour'>): number[] {
  const starts: number[] = [];
  const offset = spans.find((span) => span.toMs > range.fromMs)?.offsetMs ?? 0;
  // One step back, because a local date may have begun before the offset changed.
  let date = previousDate(dateOf(range.fromMs + offset, interval), interval);
  for (let steps = 0; steps <= maxRangeDays + 4; steps += 1) {
    const startMs = firstReach(spans, date);
    if (startMs === undefined || startMs >= range.toMs) break;
    if (startMs !== starts.at(-1)) starts.push(startMs);
    date = nextDate(date, interval);
  }
  return starts;
}

/** The first instant at which the zone's clock shows this local time or a later one. */
function firstReach(spans: OffsetSpan[], localMs: number): number | undefined {
  for (const span of spans) {
    const at = Math.max(localMs - span.offsetMs, span.fromMs);
    if (at < span.toMs) return at;
  }
  return undefined;
}

function dateOf(localMs: number, interval: Exclude<Interval, 'hour'>): number {
  const day = startOfDay(localMs);
  const date = new Date(day);
  if (interval === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  // Weeks begin on Monday, as ISO 8601 has them.
  return interval === 'week' ? day - ((date.getUTCDay() + 6) % 7) * dayMs : day;
}

const previousDate = (date: number, interval: Exclude<Interval, 'hour'>): number => dateOf(date - dayMs, interval);

function nextDate(date: number, interval: Exclude<Interval, 'hour'>): number {
  if (interval === 'day') return date + dayMs;
  if (interval === 'week') return date + 7 * dayMs;
  const day = new Date(date);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1);
}

export function startOfDay(atMs: number): number {
  return Math.floor(atMs / dayMs) * dayMs;
}
