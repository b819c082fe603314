// What the hot database says, in the shape of the plain references.
import type postgres from 'postgres';
import type { Visit } from '../visit.ts';
import type { RangeCounts, ValueCounts } from './counts.ts';
import { keyOf } from './counts.ts';

/** The visits of a table or of a select in parentheses, in the order of visitor and start. */
export async function storedVisits(sql: postgres.ISql, from = 'visit'): Promise<Visit[]> {
  const rows = await sql.unsafe<
    { site_id: string; hex: string; started_at: Date; ended_at: Date; views: number; customs: number }[]
  >(
    `select *, lpad(to_hex(visitor), 16, '0') as hex from ${from}
    order by site_id, lpad(to_hex(visitor), 16, '0') collate "C", started_at`,
  );
  return rows.map((row) => ({
    siteId: row.site_id,
    visitor: row.hex,
    startedMs: row.started_at.getTime(),
    endedMs: row.ended_at.getTime(),
    views: row.views,
    customs: row.customs,
  }));
}

/** Every roll-up of quarters, by site, quarter and part. */
export async function storedQuarters(sql: postgres.ISql): Promise<Record<string, RangeCounts>> {
  const rows = await sql`select * from rollup_quarter order by site_id, quarter`;
  const parts = rows.flatMap((row) =>
    (['before', 'hour', 'after'] as const).map((part): [string, RangeCounts] => [
      `${row.site_id} ${row.quarter.toISOString()} ${part}`,
      {
        views: row[`${part}_views`],
        visitors: row[`${part}_visitors`],
        visits: row[`${part}_visits`],
        bounces: row[`${part}_bounces`],
        seconds: Number(row[`${part}_seconds`]),
      },
    ]),
  );
  return Object.fromEntries(parts);
}

/** Every value of every dimension and day, sorted. */
export async function storedValues(sql: postgres.ISql): Promise<ValueCounts[]> {
  const rows = await sql`select *, day::text as day from rollup_day`;
  const values = rows.map(
    (row): ValueCounts => ({
      siteId: row.site_id,
      day: row.day,
      dimension: row.dimension,
      value: row.value,
      views: row.views,
      visits: row.visits,
      visitors: row.visitors,
      seconds: Number(row.seconds),
    }),
  );
  return values.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
