import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { analyticsHotDays } from '@millrace/catalog/services.ts';
import postgres from 'postgres';
import type { AnalyticsPlace } from './analytics.ts';
import { startAnalytics } from './analytics.ts';
import type { Stage } from './stage.ts';
import type { HistoryDay, HistoryPlan } from './view-history.ts';
import { viewHistory } from './view-history.ts';

const dayMs = 86_400_000;
/** Days that are marked for counting at once: the loader counts up to fifty of them in one statement of a minute at most. */
const daysPerMark = 6;
const countedMs = 300_000;

/**
 * Brings a history to where it would lie by now: its last 30 days in the hot database, all of it in the warehouse.
 * Events and hot visits are copied in; every roll-up, and every visit of the warehouse, is made by processor and loader.
 */
export async function fillHistory(stage: Stage, place: AnalyticsPlace, plan: HistoryPlan): Promise<void> {
  const hot = postgres(place.databaseUrl, { max: 1, onnotice: () => undefined });
  const kept = postgres(place.warehouseUrl, { max: 1, onnotice: () => undefined });
  const days = await copyHistory(hot, kept, plan);
  await noteAsLoaded(hot, kept);
  const workers = [await startAnalytics(stage, place, 'processor'), await startAnalytics(stage, place, 'loader')];
  for (let from = 0; from < days.length; from += daysPerMark) {
    await mark(kept, days.slice(from, from + daysPerMark), plan.siteId);
    await counted(kept);
  }
  await counted(hot);
  for (const worker of workers) await worker.stop();
  for (const sql of [hot, kept]) await sql`vacuum analyze`;
  await Promise.all([hot.end(), kept.end()]);
}

async function copyHistory(hot: postgres.Sql, kept: postgres.Sql, plan: HistoryPlan): Promise<string[]> {
  const hotFromMs = Math.floor(plan.untilMs / dayMs) * dayMs - (analyticsHotDays - 1) * dayMs;
  const days: string[] = [];
  for (const history of viewHistory(plan)) {
    const { day, events } = history;
    const lines = events.map(eventLine);
    days.push(day);
    await copy(kept, 'event', eventColumns, lines);
    if (Date.parse(day) < hotFromMs) continue;
    await copy(hot, 'event', eventColumns, lines);
    await copy(hot, 'visit', visitColumns, visitLines(history, plan.siteId));
    await mark(hot, [day], plan.siteId);
  }
  return days;
}

/** The ledger says that the warehouse has everything, so that the loader only counts. */
async function noteAsLoaded(hot: postgres.Sql, kept: postgres.Sql): Promise<void> {
  const [edge] = await hot<{ tx: string }[]>`select pg_snapshot_xmin(pg_current_snapshot())::text as tx`;
  const tx = edge?.tx ?? '0';
  await kept`
    insert into load_ledger (batch, next_tx, after_id, row_count, loaded_at)
    values (1, ${tx}, '00000000-0000-0000-0000-000000000000', 0, now())`;
  await hot`insert into load_watermark (tx, loaded_at) values (${tx}::text::xid8, now())`;
}

async function mark(sql: postgres.Sql, days: string[], siteId: string): Promise<void> {
  const since = new Date(Date.now() - dayMs);
  for (const day of days) await sql`insert into dirty_day (site_id, day, since) values (${siteId}, ${day}, ${since})`;
}

/** Waits until no day waits for its roll-ups. */
async function counted(sql: postgres.Sql): Promise<void> {
  const end = performance.now() + countedMs;
  for (;;) {
    const days = await sql`select day from dirty_day`;
    if (days.length === 0) return;
    if (performance.now() > end) throw new Error(`${days.length} days were not counted within ${countedMs} ms`);
    await wait(50);
  }
}

const eventColumns =
  'id, site_id, visitor, at, received_at, seconds, clock_skew, type, path, title, referrer, utm_source, utm_medium, ' +
  'utm_campaign, country, browser, os, device, language, screen, name, props';
const visitColumns = 'site_id, visitor, started_at, ended_at, views, customs';
const none = '\\N';

function eventLine(event: TrackedEvent): string {
  const { id, siteId, visitor, at, receivedAt, seconds, type, path, title, referrer, name, props } = event;
  const { utmSource, utmMedium, utmCampaign, country, browser, os, device, language, screen } = event;
  const who = [utmSource, utmMedium, utmCampaign, country, browser, os, device, language, screen];
  const what = [id, siteId, visitorNumber(visitor), at, receivedAt, seconds, 'f', type, path, title, referrer];
  return `${[...what, ...who, name, props && JSON.stringify(props)].map((value) => value ?? none).join('\t')}\n`;
}

const visitLines = ({ visits }: HistoryDay, siteId: string): string[] =>
  visits.map(({ visitor, startedMs, endedMs, views, customs }) => {
    const [started, ended] = [startedMs, endedMs].map((at) => new Date(at).toISOString());
    return `${[siteId, visitorNumber(visitor), started, ended, views, customs].join('\t')}\n`;
  });

const visitorNumber = (visitor: string): string => String(BigInt.asIntN(64, BigInt(`0x${visitor}`)));

async function copy(sql: postgres.Sql, table: string, columns: string, lines: string[]): Promise<void> {
  const stream = await sql.unsafe(`copy ${table} (${columns}) from stdin`).writable();
  for (let from = 0; from < lines.length; from += 1_000) {
    if (!stream.write(lines.slice(from, from + 1_000).join(''))) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}
