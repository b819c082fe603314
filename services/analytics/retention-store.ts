import type postgres from 'postgres';

/** At most `limit` rows of UTC days before the midnight `before`. */
export interface Chunk {
  before: Date;
  limit: number;
}

/**
 * Deletes old events that the warehouse has, in the order in which they were written.
 * @returns how many went; less than the limit when no more may go now.
 */
export async function deleteEvents(sql: postgres.ISql, { before, limit }: Chunk): Promise<number> {
  const gone = await sql`
    delete from event where ctid = any (array(
      select ctid from (
        select event.ctid, received_at, at from event
        where event.tx < (select load_watermark.tx from load_watermark)
        order by event.tx
        limit ${limit}
      ) as oldest
      where received_at < ${before} and at < ${before}
    ))`;
  return gone.count;
}

/** Tells whether the warehouse misses an event of the days before: then it cannot answer for them yet. */
export async function isWarehouseBehind(sql: postgres.ISql, before: Date): Promise<boolean> {
  const rows = await sql`
    select 1 as found from event
    where tx >= coalesce((select load_watermark.tx from load_watermark), '0') and at < ${before}
    limit 1`;
  return rows.length > 0;
}

/** Deletes old visits. The warehouse makes its own from the events. */
export async function deleteVisits(sql: postgres.ISql, { before, limit }: Chunk): Promise<number> {
  const gone = await sql`
    delete from visit where ctid = any (array(
      select old.ctid from site, lateral (
        select visit.ctid from visit where visit.site_id = site.id and visit.started_at < ${before} limit ${limit}
      ) as old
      limit ${limit}
    ))`;
  return gone.count;
}

export async function deleteQuarters(sql: postgres.ISql, { before, limit }: Chunk): Promise<number> {
  const gone = await sql`
    delete from rollup_quarter where ctid = any (array(
      select ctid from rollup_quarter where quarter < ${before} limit ${limit}
    ))`;
  return gone.count;
}

export async function deleteDays(sql: postgres.ISql, { before, limit }: Chunk): Promise<number> {
  const gone = await sql`
    delete from rollup_day where ctid = any (array(
      select ctid from rollup_day where day < cast(${before} at time zone 'UTC' as date) limit ${limit}
    ))`;
  return gone.count;
}

export async function deleteDeadBatches(sql: postgres.ISql, { before, limit }: Chunk): Promise<number> {
  const gone = await sql`
    delete from dead_batch where ctid = any (array(select ctid from dead_batch where at < ${before} limit ${limit}))`;
  return gone.count;
}
