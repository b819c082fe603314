import { instantOf, localTimeAt } from './zone.ts';

export const presets = ['24h', 'today', '7d', '30d', '90d', '12mo'] as const;
export type Preset = (typeof presets)[number];
export const intervals = ['hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof intervals)[number];

export const presetNames: Record<Preset, string> = {
  '24h': 'Last 24 hours',
  today: 'Today',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '12mo': 'Last 12 months',
};

/** What the reader chose. Dates are `2026-11-21`, both inclusive. */
export type RangeChoice = { preset: Preset } | { from: string; to: string };

/** A range of time in milliseconds, its end excluded. */
export interface Range {
  fromMs: number;
  toMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const quarterMs = hourMs / 4;
export const maxRangeDays = 366;

const dayCounts: Partial<Record<Preset, number>> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };

/** The instants of a choice. It ends with the hour or day that is running, so that the newest views are in it. */
export function resolveRange(choice: RangeChoice, options: { nowMs: number; zone: string }): Range {
  const { nowMs, zone } = options;
  if ('from' in choice) {
    const from = readDate(choice.from);
    const to = readDate(choice.to);
    if (!from || !to) return resolveRange({ preset: '7d' }, options);
    return { fromMs: instantOf(from, zone), toMs: instantOf({ ...to, day: to.day + 1 }, zone) };
  }
  const now = localTimeAt(nowMs, zone);
  if (choice.preset === '24h') {
    const toMs = (Math.floor(nowMs / hourMs) + 1) * hourMs;
    return { fromMs: toMs - dayMs, toMs };
  }
  const toMs = instantOf({ ...now, hour: 0, day: now.day + 1 }, zone);
  if (choice.preset === '12mo') {
    return { fromMs: instantOf({ year: now.year, month: now.month - 11, day: 1 }, zone), toMs };
  }
  const days = dayCounts[choice.preset] ?? 7;
  return { fromMs: instantOf({ ...now, hour: 0, day: now.day + 1 - days }, zone), toMs };
}

/** The range of the same kind before it: the same dates a year, some days or hours earlier. */
export function rangeBefore(range: Range, options: { choice: RangeChoice; zone: string }): Range {
  const { choice, zone } = options;
  if ('preset' in choice && choice.preset === '24h') {
    return { fromMs: range.fromMs - dayMs, toMs: range.toMs - dayMs };
  }
  const from = localTimeAt(range.fromMs, zone);
  if ('preset' in choice && choice.preset === '12mo') {
    const to = localTimeAt(range.toMs, zone);
    return {
      fromMs: instantOf({ ...from, year: from.year - 1 }, zone),
      toMs: instantOf({ ...to, year: to.year - 1 }, zone),
    };
  }
  const days = Math.round((range.toMs - range.fromMs) / dayMs);
  return { fromMs: instantOf({ ...from, day: from.day - days }, zone), toMs: range.fromMs };
}

/** The part of the range before that compares fairly: as much of it as has passed of the range that still runs. */
export function fairPartBefore(before: Range, options: { range: Range; nowMs: number }): Range {
  const { range, nowMs } = options;
  if (nowMs >= range.toMs) return before;
  // On quarters of an hour, because those are added up beforehand.
  const passedMs = Math.ceil((nowMs - range.fromMs) / quarterMs) * quarterMs;
  return { fromMs: before.fromMs, toMs: Math.min(before.toMs, before.fromMs + Math.max(quarterMs, passedMs)) };
}

/** The intervals that suit a range: neither a single point nor a thousand. */
export function suitingIntervals(range: Range): Interval[] {
  const days = (range.toMs - range.fromMs) / dayMs;
  const suits: Record<Interval, boolean> = { hour: days <= 14.1, day: days > 1.1, week: days > 13, month: days > 59 };
  return intervals.filter((interval) => suits[interval]);
}

export function defaultInterval(range: Range): Interval {
  const days = (range.toMs - range.fromMs) / dayMs;
  if (days <= 2.1) return 'hour';
  return days <= 93 ? 'day' : 'month';
}

/** The whole period before or after, as dates; nothing when it lies in the future. */
export function shiftChoice(
  choice: RangeChoice,
  options: { nowMs: number; zone: string; direction: -1 | 1 },
): RangeChoice | undefined {
  const { nowMs, zone, direction } = options;
  const range = resolveRange(choice, options);
  const from = localTimeAt(range.fromMs, zone);
  const days = Math.max(1, Math.round((range.toMs - range.fromMs) / dayMs));
  const firstMs = instantOf({ ...from, hour: 0, day: from.day + direction * days }, zone);
  const first = localTimeAt(firstMs, zone);
  const last = localTimeAt(instantOf({ ...first, hour: 0, day: first.day + days - 1 }, zone), zone);
  if (firstMs > nowMs) return undefined;
  return { from: writeDate(first), to: writeDate(last) };
}

export function readDate(text: string): { year: number; month: number; day: number } | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCMonth() + 1 === month && date.getUTCDate() === day && year >= 2000 && year < 2200;
  return isReal ? { year, month, day } : undefined;
}

export function writeDate(date: { year: number; month: number; day: number }): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.year}-${two(date.month)}-${two(date.day)}`;
}

/** Says what is wrong with dates that a person wrote; nothing when they are fine. */
export function checkDates(from: string, to: string, today: string): string | undefined {
  const first = readDate(from);
  const last = readDate(to);
  if (!first || !last) return 'Choose both dates.';
  if (from > to) return 'The first day is after the last.';
  if (from > today) return 'The first day is in the future.';
  const days =
    (Date.UTC(last.year, last.month - 1, last.day) - Date.UTC(first.year, first.month - 1, first.day)) / dayMs;
  return days >= maxRangeDays ? `Choose at most ${maxRangeDays} days.` : undefined;
}
