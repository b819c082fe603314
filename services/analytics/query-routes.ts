import { createHash } from 'node:crypto';
import { openToken, signToken } from '@millrace/runtime/cursor.ts';
import type { Database } from '@millrace/runtime/database.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter } from '@millrace/runtime/telemetry.ts';
import { z } from 'zod';
import type { Queries } from './query.ts';
import { queries } from './query.ts';
import type { BreakdownQuery } from './query-parameters.ts';
import { breakdownQuery, dimensions, filtersOf, intervalOf, rangeOf, statsQuery } from './query-parameters.ts';
import type { ValuePage } from './query-sql.ts';
import type { SiteFacts } from './query-store.ts';
import { querySource, readSiteFacts } from './query-store.ts';
import { intervals } from './time-range.ts';

export interface QueryRouteParts {
  database: Database;
  warehouse: Database;
  signingKeys: Keyring;
  clock: Clock;
  metrics: Metrics;
  log: Log;
  /** How long an answer waits for the warehouse; 2 seconds. */
  warehouseMs?: number;
}

const warehouseMs = 2_000;
const cursorPurpose = 'breakdown';
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const count = z.int().min(0);
const origin = {
  source: z.enum(['aurora', 'redshift', 'both']),
  asOf: z.iso.datetime(),
  complete: z.boolean(),
};
const counts = { visitors: count, visits: count, pageviews: count };
const statsSchema = z.object({
  site: z.uuid(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  interval: z.enum(intervals),
  tz: z.string(),
  ...counts,
  bounceRate: z.number().min(0).max(1),
  avgVisitSeconds: z.number().min(0),
  series: z.array(z.object({ start: z.iso.datetime(), ...counts })),
  ...origin,
});
const breakdownSchema = z.object({
  site: z.uuid(),
  by: z.enum(dimensions),
  items: z.array(z.object({ value: z.string().nullable(), ...counts, seconds: count })),
  nextCursor: z.string().nullable(),
  ...origin,
});

/** What visitors did, in figures. Only the owner of a site may ask. */
export function queryRoutes(parts: QueryRouteParts): Route[] {
  const faults = new Counter({
    name: 'analytics_warehouse_query_failures_total',
    help: 'Questions that the warehouse did not answer in time.',
    registers: [parts.metrics.registry],
  });
  const asking = queries({
    aurora: querySource(parts.database, 'aurora'),
    redshift: querySource(parts.warehouse, 'redshift'),
    clock: parts.clock,
    warehouseMs: parts.warehouseMs ?? warehouseMs,
    onWarehouseFault: (error) => {
      faults.inc();
      parts.log.warn({ error }, 'the warehouse does not answer; serving what Aurora has');
    },
  });
  return [statsRoute(parts, asking), breakdownRoute(parts, asking)];
}

/** The facts of a site that the caller owns. A foreign site looks like one that does not exist. @throws Problem 404. */
export async function ownSite(database: Database, wish: { siteId: string; owner: string }): Promise<SiteFacts> {
  const facts = uuidForm.test(wish.siteId) ? await readSiteFacts(database, wish.siteId) : undefined;
  if (facts?.owner === wish.owner) return facts;
  throw new Problem(404, 'unknown-site', 'There is no such site.');
}

function statsRoute(parts: QueryRouteParts, asking: Queries): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/analytics/stats',
    operationId: 'readStats',
    summary:
      'Counts a range in buckets of a time zone. An hour that the clock repeats is two buckets, one that it skips is none; a day begins the first time that its date is reached.',
    policy: { scope: 'analytics:read' },
    query: statsQuery,
    responses: { 200: { description: 'The figures.', schema: statsSchema } },
    handle: async ({ query, subject }) => {
      const facts = await ownSite(parts.database, { siteId: query.site, owner: subject.sub });
      const interval = intervalOf(query);
      const [range, filters, zone] = [rangeOf(query), filtersOf(query), query.tz];
      const stats = await asking.stats({ siteId: query.site, range, filters, facts, interval, zone });
      return json(200, { site: query.site, ...rangeText(query), interval, tz: zone, ...stats });
    },
  });
}

function breakdownRoute(parts: QueryRouteParts, asking: Queries): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/analytics/breakdown',
    operationId: 'readBreakdown',
    summary: 'Lists the values of a dimension with their counts, the largest first. No value is null.',
    policy: { scope: 'analytics:read' },
    query: breakdownQuery,
    responses: { 200: { description: 'A page.', schema: breakdownSchema } },
    handle: async ({ query, subject }) => {
      const page = await pageOf(query, parts.signingKeys);
      const facts = await ownSite(parts.database, { siteId: query.site, owner: subject.sub });
      const { site: siteId, by } = query;
      const question = { siteId, range: rangeOf(query), filters: filtersOf(query), facts, by, page };
      const { lines, hasMore, ...from } = await asking.breakdown(question);
      const last = hasMore ? lines.at(-1) : undefined;
      return json(200, {
        site: siteId,
        by,
        items: lines.map((line) => ({ ...line, value: line.value === '' ? null : line.value })),
        nextCursor: last
          ? signToken(parts.signingKeys, purposeOf(query), JSON.stringify([last[page.sort], last.value]))
          : null,
        ...from,
      });
    },
  });
}

const rangeText = (query: { from: number; to: number }) => ({
  from: new Date(query.from).toISOString(),
  to: new Date(query.to).toISOString(),
});

/** A cursor is good for the question that it came from, and for no other. */
function purposeOf(query: BreakdownQuery): string {
  const { cursor: _, limit: __, ...question } = query;
  const sorted = JSON.stringify(Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${cursorPurpose}:${createHash('sha256').update(sorted).digest('base64url')}`;
}

async function pageOf(query: BreakdownQuery, signingKeys: Keyring): Promise<ValuePage> {
  const { cursor, limit, sort } = query;
  if (cursor === undefined) return { limit, sort };
  const payload = await openToken(signingKeys, purposeOf(query), cursor);
  if (payload === undefined) throw new Problem(400, 'bad-cursor', 'This cursor is not one of ours for this question.');
  const [last, value] = JSON.parse(payload) as [number, string];
  return { limit, sort, after: { count: last, value } };
}
