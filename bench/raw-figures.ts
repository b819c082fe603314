// What the API must answer, counted from raw events by other means than its own: no roll-up, no stored visit.
import type postgres from 'postgres';

export interface RawStats {
  visitors: number;
  visits: number;
  pageviews: number;
  bounceRate: number;
  avgVisitSeconds: number;
}

export interface RawValue {
  value: string | null;
  visitors: number;
  visits: number;
  pageviews: number;
  seconds: number;
}

interface Range {
  from: string;
  to: string;
}

/** The column that holds each dimension. */
const columns: Record<string, string> = { campaign: 'utm_campaign', source: 'utm_source', event: 'name' };

/** Numbers every event's visit: a visitor's events with gaps of at most 30 minutes. A visitor id lives one UTC day. */
export async function numberVisits(sql: postgres.Sql): Promise<void> {
  await sql`
    create table if not exists bench_event as
    with gap as (
      select e.*, at - lag(at) over (partition by visitor order by at, id) as pause from event e
    )
    select gap.*, count(*) filter (where pause > interval '30 minutes') over (partition by visitor order by at, id) as run
    from gap`;
  await sql`
    create table if not exists bench_visit as
    select visitor, run, min(at) as started_at, max(at) as ended_at,
      count(*) filter (where type = 'pageview') = 1 and count(*) filter (where type = 'custom') = 0 as is_bounce
    from bench_event group by visitor, run`;
  await sql`create index if not exists bench_event_at on bench_event (at)`;
  await sql`analyze bench_event, bench_visit`;
}

export async function rawStats(sql: postgres.Sql, { from, to }: Range): Promise<RawStats> {
  const [row] = await sql<Record<keyof RawStats, number>[]>`
    select cast(count(distinct visitor) as float) as visitors, cast(count(*) as float) as visits,
      (select cast(count(*) as float) from bench_event where type = 'pageview' and at >= ${from} and at < ${to}) as pageviews,
      cast(coalesce(avg(cast(is_bounce as integer)), 0) as float) as "bounceRate",
      cast(coalesce(avg(extract(epoch from ended_at - started_at)), 0) as float) as "avgVisitSeconds"
    from bench_visit where started_at < ${to} and ended_at >= ${from}`;
  if (!row) throw new Error('no figures');
  return row;
}

/** The most viewed values of a dimension in a range that begins and ends at UTC midnights. */
export async function rawValues(sql: postgres.Sql, range: Range & { by: string; limit: number }): Promise<RawValue[]> {
  const column = sql(columns[range.by] ?? range.by);
  const counted = range.by === 'event' ? 'custom' : 'pageview';
  return [
    ...(await sql<RawValue[]>`
      select ${column} as value, cast(count(distinct visitor) filter (where type = ${counted}) as float) as visitors,
        cast(count(distinct (visitor, run)) filter (where type = ${counted}) as float) as visits,
        cast(count(*) filter (where type = ${counted}) as float) as pageviews,
        cast(coalesce(sum(seconds) filter (where type = 'engagement'), 0) as float) as seconds
      from bench_event
      where at >= ${range.from} and at < ${range.to} and (type = 'custom') = (${counted} = 'custom')
      group by 1
      having count(*) filter (where type = ${counted}) > 0
      order by pageviews desc, coalesce(${column}, '') collate "C"
      limit ${range.limit}`),
  ];
}
