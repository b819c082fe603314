import type { LiveSnapshot, LiveView, LiveViews } from '../api/types.ts';
import type { Connection } from './follow-stream.ts';
import { followStream } from './follow-stream.ts';

const keptViews = 50;
const shownMinutes = 30;
const minuteMs = 60_000;
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
  return followStream({
    address: `/session/api/analytics/live?site=${options.site}`,
    onConnection: (connection) => options.onChange((figures) => ({ ...figures, connection })),
    onReturn: options.onRolled,
    onMessage: ({ event, data }) => {
      const nowMs = Date.now();
      if (event === 'snapshot')
        options.onChange((figures) => withSnapshot(figures, JSON.parse(data) as LiveSnapshot, nowMs));
      else if (event === 'views')
        options.onChange((figures) => withViews(figures, JSON.parse(data) as LiveViews, nowMs));
      else if (event === 'rolled') options.onRolled();
    },
  });
}
