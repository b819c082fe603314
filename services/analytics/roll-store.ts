// Counts the warehouse's changed days anew: visits and roll-ups, from its own events, by the text that Aurora runs too.
import type { Database } from '@millrace/runtime/database.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type postgres from 'postgres';
import {
  dayColumns,
  quarterColumns,
  rollUpDaySelect,
  rollUpQuarterSelect,
  visitColumns,
  visitSelect,
} from './roll-up-sql.ts';
import { hotBoundary } from './time-range.ts';
import { loadStatement } from './warehouse.ts';

export interface RollParts {
  warehouse: Database;
  clock: Clock;
  /** How long a day that Aurora still answers for may wait. Older days are counted at once: they are read here. */
  patienceMs: number;
}

const daysAtOnce = 8;
const changedDay = 'select site_id, day, starts_at, ends_at from rolling_day';
const fill = (table: string, columns: readonly string[], select: string): string =>
  `insert into ${table} (${columns.join(', ')})\n${select}`;

/** What follows the choice of days, in order. */
export const rollStatements: readonly string[] = [
  loadStatement('delete-visits'),
  fill('visit', visitColumns, visitSelect(changedDay)),
  loadStatement('delete-quarters'),
  fill('rollup_quarter', quarterColumns, rollUpQuarterSelect(changedDay)),
  loadStatement('delete-days'),
  fill('rollup_day', dayColumns, rollUpDaySelect(changedDay)),
  loadStatement('clean-days'),
];
const lock = loadStatement('lock-ledger');
const create = loadStatement('create-rolling');
const choose = loadStatement('choose-days');
const drop = loadStatement('drop-rolling');

/** Counts at most eight days in one transaction. @returns whether more days may be waiting. */
export async function rollDays(parts: RollParts): Promise<boolean> {
  const now = parts.clock.now();
  const boundary = new Date(hotBoundary(now)).toISOString().slice(0, 10);
  const waitingSince = new Date(now.getTime() - parts.patienceMs).toISOString();
  if (!(await hasWork(parts.warehouse.sql, boundary, waitingSince))) return false;
  return await parts.warehouse.sql.begin(async (tx) => {
    // The ledger's lock keeps loads and counts in one row, so a day cannot get events while it is counted.
    await tx.unsafe(lock);
    await tx.unsafe(create);
    await tx.unsafe(choose, [boundary, waitingSince]);
    for (const statement of rollStatements) await tx.unsafe(statement);
    const [chosen] = await tx<{ days: string }[]>`select count(*) as days from rolling_day`;
    await tx.unsafe(drop);
    return Number(chosen?.days ?? 0) >= daysAtOnce;
  });
}

async function hasWork(warehouse: postgres.Sql, boundary: string, waitingSince: string): Promise<boolean> {
  const rows = await warehouse`
    select 1 as found from dirty_day
    where day < cast(${boundary} as date) or since <= cast(${waitingSince} as timestamptz)
    limit 1`;
  return rows.length > 0;
}
