// The last half hour of one site, in memory and bounded. Pure: time is passed in.

/** An event as the live page needs it. */
export interface LiveEvent {
  id: string;
  visitor: string;
  type: string;
  atMs: number;
  path: string;
  title: string | null;
  referrer: string | null;
  country: string | null;
  browser: string | null;
  os: string | null;
  device: string | null;
}

export type LiveView = Omit<LiveEvent, 'visitor' | 'type' | 'atMs'> & { at: string };

export interface LiveSnapshot {
  /** Visitors with an event in the last five minutes. */
  visitorsNow: number;
  /** The last thirty minutes, the present one last. */
  viewsPerMinute: { minute: string; views: number }[];
  /** The latest views, the newest first. */
  latest: LiveView[];
}

/** What a window starts with: counted by the database, so that a busy site needs no million rows. */
export interface WindowSeed {
  minutes: readonly { minuteMs: number; views: number }[];
  visitors: readonly { visitor: string; atMs: number }[];
  /** Page views, in any order. */
  latest: readonly LiveEvent[];
}

const minuteMs = 60_000;
export const windowMinutes = 30;
export const presenceMs = 5 * minuteMs;
export const maxLatest = 20;
/** More visitors at once than this are not told apart. */
export const maxVisitors = 100_000;

export class LiveWindow {
  readonly #minutes = new Map<number, number>();
  readonly #visitors = new Map<string, number>();
  #latest: LiveView[] = [];

  constructor(seed: WindowSeed) {
    for (const { minuteMs: start, views } of seed.minutes) this.#minutes.set(start, views);
    for (const { visitor, atMs } of seed.visitors.slice(0, maxVisitors)) this.#visitors.set(visitor, atMs);
    this.#keepLatest(seed.latest.map(viewOf));
  }

  /** Takes events that it has not seen. Those older than the window change nothing. @returns the views among them, newest first. */
  add(events: readonly LiveEvent[], nowMs: number): LiveView[] {
    this.#forget(nowMs);
    const oldest = firstMinute(nowMs);
    const views: LiveView[] = [];
    for (const event of events) {
      if (event.atMs < oldest) continue;
      const seenMs = this.#visitors.get(event.visitor);
      const hasRoom = seenMs !== undefined || this.#visitors.size < maxVisitors;
      if (hasRoom) this.#visitors.set(event.visitor, Math.max(event.atMs, seenMs ?? 0));
      if (event.type !== 'pageview') continue;
      const minute = startOfMinute(event.atMs);
      this.#minutes.set(minute, (this.#minutes.get(minute) ?? 0) + 1);
      views.push(viewOf(event));
    }
    views.sort(byNewest);
    this.#keepLatest(views);
    return views;
  }

  visitorsNow(nowMs: number): number {
    this.#forget(nowMs);
    return this.#visitors.size;
  }

  snapshot(nowMs: number): LiveSnapshot {
    const first = firstMinute(nowMs);
    const viewsPerMinute = Array.from({ length: windowMinutes }, (_, index) => {
      const start = first + index * minuteMs;
      return { minute: new Date(start).toISOString(), views: this.#minutes.get(start) ?? 0 };
    });
    return { visitorsNow: this.visitorsNow(nowMs), viewsPerMinute, latest: this.#latest };
  }

  #keepLatest(views: readonly LiveView[]): void {
    if (views.length === 0) return;
    this.#latest = [...views.slice(0, maxLatest), ...this.#latest].sort(byNewest).slice(0, maxLatest);
  }

  #forget(nowMs: number): void {
    for (const minute of this.#minutes.keys()) if (minute < firstMinute(nowMs)) this.#minutes.delete(minute);
    for (const [visitor, atMs] of this.#visitors) if (atMs <= nowMs - presenceMs) this.#visitors.delete(visitor);
  }
}

const startOfMinute = (atMs: number): number => Math.floor(atMs / minuteMs) * minuteMs;

/** The first minute of the window that ends with the present one. */
export const firstMinute = (nowMs: number): number => startOfMinute(nowMs) - (windowMinutes - 1) * minuteMs;

const byNewest = (a: LiveView, b: LiveView): number => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1);

function viewOf(event: LiveEvent): LiveView {
  const { visitor: _, type: __, atMs, ...view } = event;
  return { ...view, at: new Date(atMs).toISOString() };
}
