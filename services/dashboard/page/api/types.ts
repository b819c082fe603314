import type { Interval } from '../text/range.ts';
import type { Dimension } from '../text/url-state.ts';

export interface User {
  name: string;
  email: string;
  /** What the login was granted: decides what is offered, never what is allowed. */
  scopes: readonly string[];
}

export interface Site {
  id: string;
  name: string;
  domain: string;
  timeZone: string;
  createdAt: string;
}

/** Where figures came from: the recent store, the warehouse, or both. */
export type Source = 'aurora' | 'redshift' | 'both';

export interface Freshness {
  source: Source;
  asOf: string;
  /** False when the warehouse did not answer and its days are missing. */
  complete: boolean;
}

export interface Point {
  start: string;
  visitors: number;
  visits: number;
  pageviews: number;
}

export interface Stats extends Freshness {
  site: string;
  from: string;
  to: string;
  interval: Interval;
  tz: string;
  visitors: number;
  visits: number;
  pageviews: number;
  /** 0 to 1. */
  bounceRate: number;
  avgVisitSeconds: number;
  series: Point[];
}

export interface BreakdownRow {
  value: string | null;
  visitors: number;
  visits: number;
  pageviews: number;
  seconds: number;
}

export interface Breakdown extends Freshness {
  site: string;
  by: Dimension;
  items: BreakdownRow[];
  nextCursor: string | null;
}

export interface LiveView {
  id: string;
  at: string;
  path: string;
  title: string | null;
  referrer: string | null;
  country: string | null;
  browser: string | null;
  os: string | null;
  device: string | null;
}

export interface LiveSnapshot {
  visitorsNow: number;
  viewsPerMinute: { minute: string; views: number }[];
  latest: LiveView[];
  asOf: string;
}

export interface LiveViews {
  visitorsNow: number;
  views: LiveView[];
  asOf: string;
}
