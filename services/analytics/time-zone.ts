/** A stretch of time in which a zone keeps one offset from UTC: `[fromMs, toMs)`. */
export interface OffsetSpan {
  fromMs: number;
  toMs: number;
  offsetMs: number;
}

const dayMs = 86_400_000;
const maxCachedYears = 512;
const formats = new Map<string, Intl.DateTimeFormat>();
const years = new Map<string, OffsetSpan[]>();

/** Whether there is a zone of that IANA name. Plain offsets such as `+02:00` are no zones. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name) || name.length > 64) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The offsets of a zone over `[fromMs, toMs)`, in order and without gaps. Bounded by the years of the range. */
export function offsetSpans(zone: string, fromMs: number, toMs: number): OffsetSpan[] {
  const spans: OffsetSpan[] = [];
  const lastYear = new Date(toMs - 1).getUTCFullYear();
  for (let year = new Date(fromMs).getUTCFullYear(); year <= lastYear; year += 1) {
    for (const span of spansOfYear(zone, year)) {
      const last = spans.at(-1);
      if (last?.offsetMs === span.offsetMs) last.toMs = span.toMs;
      else spans.push({ ...span });
    }
  }
  return spans
    .filter((span) => span.toMs > fromMs && span.fromMs < toMs)
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) }));
}

/** The offset of a zone at one instant. */
export function offsetAt(zone: string, atMs: number): number {
  const parts: Record<string, number> = {};
  const second = Math.floor(atMs / 1000) * 1000;
  for (const part of formatOf(zone).formatToParts(second)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

function spansOfYear(zone: string, year: number): OffsetSpan[] {
  const key = `${zone} ${year}`;
  const known = years.get(key);
  if (known) return known;
  const spans = findSpans(zone, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
  const oldest = years.keys().next().value;
  if (years.size >= maxCachedYears && oldest !== undefined) years.delete(oldest);
  years.set(key, spans);
  return spans;
}

/** Looks at every day of the year and then halves the day in which the offset changed, down to a second. */
function findSpans(zone: string, startMs: number, endMs: number): OffsetSpan[] {
  const spans: OffsetSpan[] = [{ fromMs: startMs, toMs: endMs, offsetMs: offsetAt(zone, startMs) }];
  for (let day = startMs + dayMs; day <= endMs; day += dayMs) {
    const current = spans.at(-1);
    const offsetMs = offsetAt(zone, day);
    if (!current || current.offsetMs === offsetMs) continue;
    const change = changeWithin(zone, { beforeMs: day - dayMs, afterMs: day, offsetMs: current.offsetMs });
    if (change >= endMs) continue;
    current.toMs = change;
    spans.push({ fromMs: change, toMs: endMs, offsetMs });
  }
  return spans;
}

function changeWithin(zone: string, search: { beforeMs: number; afterMs: number; offsetMs: number }): number {
  let { beforeMs, afterMs } = search;
  while (afterMs - beforeMs > 1000) {
    const middle = beforeMs + Math.floor((afterMs - beforeMs) / 2000) * 1000;
    if (offsetAt(zone, middle) === search.offsetMs) beforeMs = middle;
    else afterMs = middle;
  }
  return afterMs;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= maxCachedYears) formats.clear();
  formats.set(zone, format);
  return format;
}
