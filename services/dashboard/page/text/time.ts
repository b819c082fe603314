import type { Interval, Range, RangeChoice } from './range.ts';
import { presetNames } from './range.ts';
import { browserZone } from './zone.ts';

const locale = 'en-GB';
const cache = new Map<string, Intl.DateTimeFormat>();

function format(atMs: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([zone, options]);
  let known = cache.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
    cache.set(key, known);
  }
  return known.format(atMs);
}

/** 14:05 */
export const formatClock = (atMs: number, zone: string): string =>
  format(atMs, zone, { hour: '2-digit', minute: '2-digit' });

/** 21 Nov 2026 */
export const formatDay = (atMs: number, zone: string): string =>
  format(atMs, zone, { day: 'numeric', month: 'short', year: 'numeric' });

/** The name of a point of the series: Sat 21 Nov, 14:00 · Sat 21 Nov 2026 · week of 16 Nov 2026 · November 2026. */
export function nameBucket(startMs: number, zone: string, interval: Interval): string {
  if (interval === 'hour') {
    return format(startMs, zone, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
  }
  if (interval === 'day') {
    return format(startMs, zone, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  }
  if (interval === 'week') return `Week of ${formatDay(startMs, zone)}`;
  return format(startMs, zone, { month: 'long', year: 'numeric' });
}

/** The label of a point on the axis: 14:00 or, at midnight, 21 Nov · 21 Nov · Nov. */
export function labelBucket(startMs: number, zone: string, interval: Interval): string {
  if (interval === 'hour') {
    const clock = formatClock(startMs, zone);
    return clock === '00:00' ? format(startMs, zone, { day: 'numeric', month: 'short' }) : clock;
  }
  if (interval === 'month') {
    const month = format(startMs, zone, { month: 'short' });
    return month === 'Jan' ? format(startMs, zone, { month: 'short', year: 'numeric' }) : month;
  }
  return format(startMs, zone, { day: 'numeric', month: 'short' });
}

/** The words on the range's button. */
export function nameRange(choice: RangeChoice, range: Range, zone: string): string {
  if ('preset' in choice) return presetNames[choice.preset];
  const last = range.toMs - 1;
  if (choice.from === choice.to) return formatDay(range.fromMs, zone);
  const isSameYear = choice.from.slice(0, 4) === choice.to.slice(0, 4);
  const first = isSameYear
    ? format(range.fromMs, zone, { day: 'numeric', month: 'short' })
    : formatDay(range.fromMs, zone);
  return `${first} – ${formatDay(last, zone)}`;
}

/** 21 Nov 2026, 14:05:09, where this person is. */
export const formatMoment = (at: string, options: { withSeconds?: boolean } = {}): string =>
  format(Date.parse(at), browserZone(), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    ...(options.withSeconds && { second: '2-digit' }),
  });

/** now · 5 s · 3 min · 2 h · 4 days */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
