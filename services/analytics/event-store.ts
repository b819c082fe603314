import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type postgres from 'postgres';

/** A visitor's lock is one of these; few enough for six processors in PostgreSQL's shared table of locks. */
const visitorLocks = 1_024n;
const visitorLockClass = 7_236;

/**
 * Adds events and mends the visits that they touch; an event whose id is known changes nothing.
 * A visit is the union of points and earlier visits with gaps of at most 30 minutes within a UTC day, so neither order
 * nor batching matters, and no earlier event is read again. Marks the days as dirty and notifies who listens.
 * @returns how many events were new.
 */
export async function storeEvents(tx: Transaction, events: readonly TrackedEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const sql = sqlOf(tx);
  // Sent together: one round trip. The locks come first, so that the statement after them sees what others committed.
  const [, rows] = await Promise.all([
    sql`select pg_advisory_xact_lock(${visitorLockClass}, key) from unnest(${locksOf(events)}::integer[]) as key`,
    sql<{ stored: number }[]>`
      with ${freshEvents(sql, JSON.stringify(events.map(toRow)))},
      ${mergedVisits(sql)},
      absorbed as (
        delete from visit using merged
        where visit.site_id = merged.site_id and visit.visitor = merged.visitor
          and visit.started_at = any (merged.earlier) and visit.started_at <> merged.started_at
      ),
      kept as (
        insert into visit (site_id, visitor, started_at, ended_at, views, customs)
        select site_id, visitor, started_at, ended_at, views, customs from merged
        on conflict (site_id, visitor, started_at) do update
        set ended_at = excluded.ended_at, views = excluded.views, customs = excluded.customs
        where (visit.ended_at, visit.views, visit.customs) <> (excluded.ended_at, excluded.views, excluded.customs)
      ),
      marked as (
        insert into dirty_day (site_id, day)
        select distinct site_id, day from fresh order by site_id, day
        on conflict (site_id, day) do update set version = dirty_day.version + 1
      )
      select cast((select count(*) from fresh) as integer) as stored,
        (select count(pg_notify('analytics_live', site_id::text)) from (select distinct site_id from fresh) as changed),
        (select count(pg_notify('analytics_dirty', '')) from (select from fresh limit 1) as change)`,
  ]);
  return rows[0]?.stored ?? 0;
}

/** The new events, in the order of their ids, so that two batches with the same ids wait for each other and not in a ring. */
function freshEvents(sql: postgres.ISql, rows: string): postgres.PendingQuery<postgres.Row[]> {
  return sql`
    stored as (
      insert into event (id, site_id, visitor, at, received_at, seconds, clock_skew, type, path, title, referrer,
        utm_source, utm_medium, utm_campaign, country, browser, os, device, language, screen, name, props)
      select id, site_id, visitor, at, received_at, seconds, coalesce(clock_skew, false), type, path, title, referrer,
        utm_source, utm_medium, utm_campaign, country, browser, os, device, language, screen, name, props
      from json_to_recordset(${rows}::json) as incoming(id uuid, site_id uuid, visitor bigint, at timestamptz,
        received_at timestamptz, seconds integer, clock_skew boolean, type text, path text, title text, referrer text,
        utm_source text, utm_medium text, utm_campaign text, country text, browser text, os text, device text,
        language text, screen text, name text, props jsonb)
      order by id
      on conflict (id) do nothing
      returning site_id, visitor, at, type
    ),
    fresh as (
      select site_id, visitor, cast(at at time zone 'UTC' as date) as day, at,
        cast(type = 'pageview' as integer) as views, cast(type = 'custom' as integer) as customs
      from stored
    )`;
}

/** The visits that have a new event: with `earlier`, the starts of the visits that they are made of. */
function mergedVisits(sql: postgres.ISql): postgres.PendingQuery<postgres.Row[]> {
  return sql`
    reach as (
      select site_id, visitor, day, min(at) - interval '30 minutes' as first_at, max(at) + interval '30 minutes' as last_at
      from fresh
      group by site_id, visitor, day
    ),
    part as (
      select site_id, visitor, day, at as started_at, at as ended_at, views, customs, cast(null as timestamptz) as earlier
      from fresh
      union all
      select v.site_id, v.visitor, r.day, v.started_at, v.ended_at, v.views, v.customs, v.started_at
      from reach r
      join visit v on v.site_id = r.site_id and v.visitor = r.visitor
        and v.started_at >= cast(r.day as timestamp) at time zone 'UTC' and v.started_at <= r.last_at
        and v.started_at < cast(r.day + 1 as timestamp) at time zone 'UTC' and v.ended_at >= r.first_at
    ),
    numbered as (
      select *, row_number() over (partition by site_id, visitor, day order by started_at) as n from part
    ),
    opened as (
      select *, case when started_at <= interval '30 minutes' + max(ended_at) over (
        partition by site_id, visitor, day order by n rows between unbounded preceding and 1 preceding
      ) then 0 else 1 end as is_start
      from numbered
    ),
    grouped as (
      select *, sum(is_start) over (partition by site_id, visitor, day order by n) as run from opened
    ),
    merged as (
      select site_id, visitor, min(started_at) as started_at, max(ended_at) as ended_at,
        cast(sum(views) as integer) as views, cast(sum(customs) as integer) as customs,
        array_agg(earlier) filter (where earlier is not null) as earlier
      from grouped
      group by site_id, visitor, day, run
      having count(*) > count(earlier)
    )`;
}

/** Sorted and without doubles, so that two batches never wait for each other in a ring. */
function locksOf(events: readonly TrackedEvent[]): number[] {
  const locks = new Set(events.map(({ visitor }) => Number(BigInt(`0x${visitor}`) % visitorLocks)));
  return [...locks].sort((a, b) => a - b);
}

function toRow(event: TrackedEvent): Record<string, unknown> {
  const { siteId, visitor, receivedAt, utmSource, utmMedium, utmCampaign, clockSkew, ...same } = event;
  return {
    ...same,
    site_id: siteId,
    visitor: visitorNumber(visitor),
    received_at: receivedAt,
    utm_source: utmSource,
    utm_medium: utmMedium,
    utm_campaign: utmCampaign,
    clock_skew: clockSkew,
  };
}

/** A visitor's 16 hex digits as the signed 64-bit number, in decimal, that the tables hold. */
export function visitorNumber(visitor: string): string {
  return String(BigInt.asIntN(64, BigInt(`0x${visitor}`)));
}
