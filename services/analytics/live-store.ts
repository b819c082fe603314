// Reads what is new of a site. A position is a snapshot of the database: an event is new when its transaction was not
// visible then and is now. So none is shown twice, and an old transaction that stays open holds no other back.
import type { Database } from '@millrace/runtime/database.ts';
import type { LiveEvent, WindowSeed } from './live-window.ts';
import { firstMinute, maxLatest, maxVisitors, presenceMs } from './live-window.ts';
import { ownPages } from './page-address.ts';

/** `pg_snapshot` as text. */
export type LivePosition = string;

interface EventRow extends Omit<LiveEvent, 'atMs'> {
  at: Date;
}

/** More new events than this are not carried over one by one: the window is then loaded anew. */
export const maxNewEvents = 5_000;

/** The window of a site and the position from which it goes on, of one moment. */
export async function loadWindow(
  database: Database,
  question: { siteId: string; nowMs: number },
): Promise<{ seed: WindowSeed; position: LivePosition }> {
  const { siteId, nowMs } = question;
  const since = new Date(firstMinute(nowMs));
  return await database.sql.begin('isolation level repeatable read read only', async (tx) => {
    const [[snapshot], minutes, visitors, latest] = await Promise.all([
      tx<{ position: string }[]>`select pg_current_snapshot()::text as position`,
      tx<{ minute: Date; views: number }[]>`
        select date_trunc('minute', at, 'UTC') as minute, cast(count(*) as integer) as views
        from event
        where site_id = ${siteId} and at >= ${since} and type = 'pageview'
        group by 1`,
      tx<{ visitor: string; at: Date }[]>`
        select visitor::text, max(at) as at
        from event
        where site_id = ${siteId} and at > ${new Date(nowMs - presenceMs)}
        group by visitor
        limit ${maxVisitors}`,
      tx<EventRow[]>`
        select id, visitor::text, type, at, path, title, referrer, country, browser, os, device
        from event
        where site_id = ${siteId} and at >= ${since} and type = 'pageview'
        order by at desc
        limit ${maxLatest}`,
    ]);
    return {
      position: snapshot?.position ?? '',
      seed: {
        minutes: minutes.map(({ minute, views }) => ({ minuteMs: minute.getTime(), views })),
        visitors: visitors.map(({ visitor, at }) => ({ visitor, atMs: at.getTime() })),
        latest: latest.map(eventOf),
      },
    };
  });
}

/** What became visible since a position. `lost`: too much of it, or the database is another one; load the window anew. */
export async function readNew(
  database: Database,
  question: { siteId: string; position: LivePosition; nowMs: number },
): Promise<{ outcome: 'read'; events: LiveEvent[]; position: LivePosition } | { outcome: 'lost' }> {
  const { siteId, position, nowMs } = question;
  const rows = await database.sql<(EventRow & { position: string })[]>`
    select pg_current_snapshot()::text as position, e.id, e.visitor::text, e.type, e.at, e.path, e.title, e.referrer,
      e.country, e.browser, e.os, e.device
    from (select 1) as always
    left join event e on e.site_id = ${siteId} and e.at >= ${new Date(firstMinute(nowMs))}
      and e.tx >= pg_snapshot_xmin(${position}::pg_snapshot)
      and not pg_visible_in_snapshot(e.tx, ${position}::pg_snapshot)
    limit ${maxNewEvents + 1}`;
  const next = rows[0]?.position ?? position;
  if (rows.length > maxNewEvents || xminOf(next) < xminOf(position)) return { outcome: 'lost' };
  return { outcome: 'read', events: rows.filter((row) => row.id !== null).map(eventOf), position: next };
}

const xminOf = (position: LivePosition): bigint => BigInt(position.split(':')[0] || 0);

function eventOf(row: EventRow & { position?: string }): LiveEvent {
  const { at, position: _, ...event } = row;
  return { ...event, referrer: event.referrer === ownPages ? null : event.referrer, atMs: at.getTime() };
}
