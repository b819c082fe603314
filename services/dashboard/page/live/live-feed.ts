import type { LiveSnapshot, LiveView, LiveViews } from '../api/types.ts';
import { backOffMs } from './back-off.ts';
import { createStreamReader } from './event-stream.ts';

const keptViews = 50;
const shownMinutes = 30;
/** Heartbeats come every 15 seconds; a line that is silent for longer is dead. */
const silenceMs = 40_000;
const minuteMs = 60_000;
/** A stream that stood so long and then ended did so on purpose. */
const steadyMs = 5_000;
/** Somebody may log in again in another tab. */
const overMs = 15_000;

export type Connection =
  | { state: 'connecting' | 'open' | 'over' }
  | { state: 'waiting'; untilMs: number; reason: string };

/** What is happening on a site now. `clockAheadMs` is added to this machine's clock to get the server's. */
export interface LiveFigures {
  connection: Connection;
  visitorsNow: number | undefined;
  perMinute: { minuteMs: number; views: number }[];
  latest: LiveView[];
  clockAheadMs: number;
}

export const nothingYet: LiveFigures = {
  connection: { state: 'connecting' },
  visitorsNow: undefined,
  perMinute: [],
  latest: [],
  clockAheadMs: 0,
};

/** Takes in a whole picture. */
export function withSnapshot(figures: LiveFigures, snapshot: LiveSnapshot, nowMs: number): LiveFigures {
  return {
    ...figures,
    visitorsNow: snapshot.visitorsNow,
    perMinute: snapshot.viewsPerMinute.map(({ minute, views }) => ({ minuteMs: Date.parse(minute), views })),
    latest: merge(snapshot.latest, figures.latest),
    clockAheadMs: Date.parse(snapshot.asOf) - nowMs,
  };
}

/** Takes in views as they arrive: the counts move at once, the next picture corrects them. */
export function withViews(figures: LiveFigures, news: LiveViews, nowMs: number): LiveFigures {
  const known = new Set(figures.latest.map((view) => view.id));
  const perMinute = new Map(figures.perMinute.map((entry) => [entry.minuteMs, entry.views]));
  for (const view of news.views) {
    if (known.has(view.id)) continue;
    const minute = Math.floor(Date.parse(view.at) / minuteMs) * minuteMs;
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
  }
  return {
    ...figures,
    visitorsNow: news.visitorsNow,
    perMinute: [...perMinute]
      .map(([at, views]) => ({ minuteMs: at, views }))
      .sort((a, b) => a.minuteMs - b.minuteMs)
      .slice(-shownMinutes),
    latest: merge(news.views, figures.latest),
    clockAheadMs: Date.parse(news.asOf) - nowMs,
  };
}

function merge(newer: readonly LiveView[], older: readonly LiveView[]): LiveView[] {
  const views = new Map([...newer, ...older].map((view) => [view.id, view]));
  return [...views.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, keptViews);
}

/** Follows a site's live stream, and comes back by itself when it breaks. */
export function followLive(options: {
  site: string;
  onChange(update: (figures: LiveFigures) => LiveFigures): void;
  onRolled(): void;
}): { stop(): void } {
  const stopped = new AbortController();
  const say = (connection: Connection): void => options.onChange((figures) => ({ ...figures, connection }));
  const take = ({ event, data }: { event: string; data: string }): void => {
    const nowMs = Date.now();
    if (event === 'snapshot')
      options.onChange((figures) => withSnapshot(figures, JSON.parse(data) as LiveSnapshot, nowMs));
    else if (event === 'views') options.onChange((figures) => withViews(figures, JSON.parse(data) as LiveViews, nowMs));
    else if (event === 'rolled') options.onRolled();
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    let openedMs: number | undefined;
    const opened = (): void => {
      // What changed while the line was away was not told.
      if (openedMs !== undefined) options.onRolled();
      failures = 0;
      openedMs = performance.now();
      say({ state: 'open' });
    };
    while (!stopped.signal.aborted) {
      const outcome = await readStream({ site: options.site, signal: stopped.signal, take, opened });
      if (stopped.signal.aborted) return;
      // Streams are ended from time to time on purpose; the next one begins at once.
      const isPlanned = outcome === 'ended' && openedMs !== undefined && performance.now() - openedMs > steadyMs;
      if (isPlanned && failures === 0) {
        failures += 1;
        continue;
      }
      failures += 1;
      const waitMs = outcome === 'over' ? overMs : backOffMs(failures, Math.random());
      if (outcome === 'over') say({ state: 'over' });
      else say({ state: 'waiting', untilMs: Date.now() + waitMs, reason: navigator.onLine ? 'away' : 'offline' });
      await waitOrOnline(waitMs, stopped.signal);
      if (outcome !== 'over') say({ state: 'connecting' });
    }
  };
  void run();
  return { stop: () => stopped.abort() };
}

/** Reads until the stream ends. `over`: only a new login helps. */
async function readStream(parts: {
  site: string;
  signal: AbortSignal;
  take(message: { event: string; data: string }): void;
  opened(): void;
}): Promise<'ended' | 'failed' | 'over'> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), silenceMs);
  try {
    const response = await fetch(`/session/api/analytics/live?site=${parts.site}`, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([parts.signal, silent.signal]),
    });
    if (response.status === 401) return 'over';
    if (!response.ok || !response.body) return 'failed';
    parts.opened();
    const read = createStreamReader(parts.take);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), silenceMs);
      read(value);
    }
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}

function waitOrOnline(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
