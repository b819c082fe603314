// What a visit is, in plain code. The databases do the same in SQL; the tests hold all of them against this.

/** The part of an event that visits are made of. Times are milliseconds since the epoch. */
export interface VisitEvent {
  siteId: string;
  visitor: string;
  type: 'pageview' | 'engagement' | 'custom';
  atMs: number;
}

export interface Visit {
  siteId: string;
  visitor: string;
  startedMs: number;
  endedMs: number;
  views: number;
  customs: number;
}

export const visitGapMs = 30 * 60_000;
const dayMs = 86_400_000;

/** The runs of each visitor's events with gaps of at most 30 minutes, within UTC days; in the order of visitor and start. */
export function visitsOf(events: readonly VisitEvent[]): Visit[] {
  const visits: Visit[] = [];
  for (const event of [...events].sort(byVisitorAndTime)) {
    const last = visits.at(-1);
    if (last && continues(last, event)) extend(last, event);
    else visits.push(startWith(event));
  }
  return visits;
}

/** A visit that a visitor made by looking at one page and doing nothing else that we count. */
export const isBounce = (visit: Visit): boolean => visit.views === 1 && visit.customs === 0;

function byVisitorAndTime(a: VisitEvent, b: VisitEvent): number {
  return compare(a.siteId, b.siteId) || compare(a.visitor, b.visitor) || a.atMs - b.atMs;
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function continues(visit: Visit, event: VisitEvent): boolean {
  if (visit.siteId !== event.siteId || visit.visitor !== event.visitor) return false;
  const isSameDay = Math.floor(visit.startedMs / dayMs) === Math.floor(event.atMs / dayMs);
  return isSameDay && event.atMs - visit.endedMs <= visitGapMs;
}

function extend(visit: Visit, event: VisitEvent): void {
  visit.endedMs = event.atMs;
  visit.views += Number(event.type === 'pageview');
  visit.customs += Number(event.type === 'custom');
}

function startWith(event: VisitEvent): Visit {
  const { siteId, visitor, atMs } = event;
  const visit = { siteId, visitor, startedMs: atMs, endedMs: atMs, views: 0, customs: 0 };
  extend(visit, event);
  return visit;
}
