import type postgres from 'postgres';
import { dimensionColumns, quarterColumns, rollUpDaySelect, rollUpQuarterSelect } from './roll-up-sql.ts';

/** A UTC day of a site, as `2026-01-31`. */
export interface SiteDay {
  siteId: string;
  day: string;
}

export type RollUpOutcome = 'rolled' | 'dirty-again' | 'busy' | 'clean';

const dayLockClass = 7_237;
const changedDay = `select cast($1 as uuid) as site_id, cast($2 as date) as day,
    cast(cast($2 as date) as timestamp) at time zone 'UTC' as starts_at,
    cast(cast($2 as date) + 1 as timestamp) at time zone 'UTC' as ends_at`;

/** The days whose roll-ups are behind, the newest first. */
export async function listDirtyDays(sql: postgres.ISql, limit: number): Promise<SiteDay[]> {
  return sql<SiteDay[]>`
    select site_id as "siteId", cast(day as text) as day from dirty_day order by dirty_day.day desc, site_id limit ${limit}`;
}

/**
 * Counts a day anew, in one transaction. Whoever stores events meanwhile neither waits nor is missed: the mark goes only
 * if it is still as it was before the count. `busy` means that another process counts this day now.
 */
export async function rollUpDay(sql: postgres.Sql, target: SiteDay): Promise<RollUpOutcome> {
  const { siteId, day } = target;
  return sql.begin(async (tx) => {
    // The version is read by a statement of its own: its snapshot must be younger than the lock.
    const [[lock], [mark]] = await Promise.all([
      tx<{ isMine: boolean }[]>`
        select pg_try_advisory_xact_lock(${dayLockClass}, hashtext(${`${siteId} ${day}`})) as "isMine"`,
      tx<{ version: string }[]>`select version from dirty_day where site_id = ${siteId} and day = ${day}`,
    ]);
    if (!lock?.isMine) return 'busy';
    if (!mark) return 'clean';
    const [, , [left]] = await Promise.all([
      tx.unsafe(writeQuarters, [siteId, day]),
      tx.unsafe(writeValues, [siteId, day]),
      tx<{ isClean: boolean }[]>`
        with gone as (
          delete from dirty_day where site_id = ${siteId} and day = ${day} and version = ${mark.version} returning day
        ),
        later as (
          update dirty_day set since = now()
          where site_id = ${siteId} and day = ${day} and not exists (select from gone)
        )
        select exists (select from gone) as "isClean", pg_notify('analytics_rolled', ${siteId})`,
    ]);
    return left?.isClean ? 'rolled' : 'dirty-again';
  });
}

const figures = quarterColumns.slice(2);
const list = (columns: readonly string[], prefix = ''): string =>
  columns.map((column) => `${prefix}${column}`).join(', ');

const writeQuarters = `
insert into rollup_quarter (${list(quarterColumns)})
${rollUpQuarterSelect(changedDay)}
on conflict (site_id, quarter) do update
set ${figures.map((column) => `${column} = excluded.${column}`).join(', ')}
where (${list(figures, 'rollup_quarter.')}) <> (${list(figures, 'excluded.')})`;

const dimensions = Object.keys(dimensionColumns).map((dimension) => `'${dimension}'`);
const stored = `rollup_day.site_id = $1 and rollup_day.day = $2 and rollup_day.dimension in (${dimensions.join(', ')})`;
const sameValue = 'rollup_day.dimension = fresh.dimension and rollup_day.value = fresh.value';
const counts = ['views', 'visits', 'visitors', 'seconds'];

// Writes only what differs. A value that nobody has any more goes: a late event can join two visits, never lose a value,
// so that is for days that retention has cut.
const writeValues = `
with fresh as materialized (${rollUpDaySelect(changedDay)}),
changed as (
  update rollup_day set ${counts.map((column) => `${column} = fresh.${column}`).join(', ')}
  from fresh
  where ${stored} and ${sameValue} and (${list(counts, 'rollup_day.')}) <> (${list(counts, 'fresh.')})
),
gone as (
  delete from rollup_day
  where ${stored} and not exists (select from fresh where ${sameValue})
)
insert into rollup_day (site_id, day, dimension, value, ${list(counts)})
select site_id, day, dimension, value, ${list(counts)} from fresh
where not exists (select from rollup_day where ${stored} and ${sameValue})`;
