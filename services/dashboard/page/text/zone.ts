/** A date and a time as a clock in some zone shows them. `month` is 1 to 12. */
export interface LocalTime {
  year: number;
  month: number;
  day: number;
  hour: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** What must be added to UTC to get the zone's clock, in milliseconds. */
export function offsetAt(atMs: number, zone: string): number {
  const fields: Record<string, number> = {};
  for (const { type, value } of partsFormat(zone).formatToParts(atMs)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(atMs / 1000) * 1000;
}

/** What the zone's clock shows. */
export function localTimeAt(atMs: number, zone: string): LocalTime {
  const wall = new Date(atMs + offsetAt(atMs, zone));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
  };
}

/**
 * The first instant at which the zone's clock shows this local time or a later one.
 * `day` may be 0 or 32: it counts on into the neighbouring month. A skipped hour gives the end of the gap.
 */
export function instantOf(local: Omit<LocalTime, 'hour'> & { hour?: number }, zone: string): number {
  const wall = Date.UTC(local.year, local.month - 1, local.day, local.hour ?? 0);
  const before = wall - offsetAt(wall - 86_400_000, zone);
  const after = wall - offsetAt(wall + 86_400_000, zone);
  const fitting = [before, after].filter((at) => at + offsetAt(at, zone) === wall);
  return fitting.length > 0 ? Math.min(...fitting) : Math.max(before, after);
}

/** Is it a zone that this browser knows? */
export function isZone(name: string): boolean {
  try {
    partsFormat(name);
    return true;
  } catch {
    return false;
  }
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** Every zone that this browser knows, with UTC. */
export function allZones(): string[] {
  return [...new Set(['UTC', browserZone(), ...Intl.supportedValuesOf('timeZone')])].sort();
}

/** Such as "UTC+01:00". */
export function offsetName(atMs: number, zone: string): string {
  const minutes = Math.round(offsetAt(atMs, zone) / 60_000);
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
}
