// Carries one chunk of events. The warehouse keeps no keys, so nothing may be doubled by hand:
// the events, the days they change and the ledger's next entry commit together, and a rerun merges by id.
import type { Database } from '@millrace/runtime/database.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type postgres from 'postgres';
import { loadStatement } from './warehouse.ts';

/** The next event to carry is the first with `(tx, id)` beyond these. `batch` counts the loads. */
export interface Position {
  batch: bigint;
  tx: bigint;
  id: string;
}

export interface LoadParts {
  database: Database;
  warehouse: Database;
  clock: Clock;
  chunkRows: number;
}

/** `busy`: another loader is at work. Caught up: no event whose transaction is over was left behind. */
type LoadOutcome = { outcome: 'busy' } | { outcome: 'loaded'; rows: number; isCaughtUp: boolean };

type EventRow = Record<(typeof eventColumns)[number], string | number | boolean | null>;
type StoredRow = EventRow & { tx: string };

/** The loader's lock in Aurora: one loader works, the others wait. */
const lockKey = 7_236_401_121;
const rowsPerInsert = 500;
const noId = '00000000-0000-0000-0000-000000000000';
const start: Position = { batch: 0n, tx: 0n, id: noId };
const ledgerDays = 7;
const dayMs = 86_400_000;

const eventColumns = [
  'id',
  'site_id',
  'visitor',
  'at',
  'received_at',
  'seconds',
  'clock_skew',
  'type',
  'path',
  'title',
  'referrer',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'country',
  'browser',
  'os',
  'device',
  'language',
  'screen',
  'name',
  'props',
] as const;

const statements = {
  lock: loadStatement('lock-ledger'),
  read: loadStatement('read-ledger'),
  createStaging: loadStatement('create-staging'),
  merge: loadStatement('merge-events'),
  markDays: loadStatement('mark-days'),
  addToLedger: loadStatement('add-to-ledger'),
  pruneLedger: loadStatement('prune-ledger'),
  dropStaging: loadStatement('drop-staging'),
};

/**
 * Carries at most one chunk.
 * @throws what the databases throw, with nothing half done in the warehouse.
 */
export async function loadEvents(parts: LoadParts): Promise<LoadOutcome> {
  return await parts.database.sql.begin(async (hot) => {
    const [lock] = await hot<{ got: boolean }[]>`select pg_try_advisory_xact_lock(${lockKey}) as got`;
    if (!lock?.got) return { outcome: 'busy' };
    const from = await readPosition(parts.warehouse.sql);
    const [edge] = await hot<{ xmin: string }[]>`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`;
    const end = BigInt(edge?.xmin ?? 0);
    // A restored cluster counts its transactions anew: then everything is merged again, which doubles nothing.
    const rows = await readChunk(hot, { from: from.tx > end ? start : from, end, limit: parts.chunkRows });
    const isCaughtUp = rows.length < parts.chunkRows;
    const next = { ...nextPosition(rows, end, isCaughtUp), batch: from.batch + 1n };
    if (rows.length > 0) await loadChunk(parts, { rows, from, next });
    await mirror(hot, { next, now: parts.clock.now(), isCaughtUp });
    return { outcome: 'loaded', rows: rows.length, isCaughtUp };
  });
}

/** Where the next load begins, as the warehouse itself says. */
export async function readPosition(warehouse: postgres.ISql): Promise<Position> {
  const [last] = await warehouse.unsafe<{ batch: string; next_tx: string; after_id: string }[]>(statements.read);
  return last ? { batch: BigInt(last.batch), tx: BigInt(last.next_tx), id: last.after_id } : start;
}

/**
 * Rows below `end` are committed or gone for good, so the order of (tx, id) leaves none behind. By the column, not by the
 * text of the same name: as text 1000 comes before 999.
 */
async function readChunk(
  hot: postgres.TransactionSql,
  chunk: { from: Position; end: bigint; limit: number },
): Promise<StoredRow[]> {
  const { from, end, limit } = chunk;
  return await hot<StoredRow[]>`
    select tx::text, id::text, site_id::text, visitor::text, at::text, received_at::text, seconds, clock_skew, type,
      path, title, referrer, utm_source, utm_medium, utm_campaign, country, browser, os, device, language, screen,
      name, props::text
    from event
    where tx >= ${String(from.tx)}::xid8 and tx < ${String(end)}::xid8
      and (tx > ${String(from.tx)}::xid8 or id > ${from.id}::uuid)
    order by event.tx, event.id
    limit ${limit}`;
}

function nextPosition(rows: StoredRow[], end: bigint, isCaughtUp: boolean): Omit<Position, 'batch'> {
  const last = rows.at(-1);
  return isCaughtUp || !last ? { tx: end, id: noId } : { tx: BigInt(last.tx), id: String(last.id) };
}

async function loadChunk(
  parts: LoadParts,
  chunk: { rows: StoredRow[]; from: Position; next: Position },
): Promise<void> {
  const { rows, from, next } = chunk;
  await parts.warehouse.sql.begin(async (tx) => {
    await tx.unsafe(statements.lock);
    const now = await readPosition(tx);
    if (now.batch !== from.batch) throw new Error('another loader moved the ledger');
    await tx.unsafe(statements.createStaging);
    for (let index = 0; index < rows.length; index += rowsPerInsert) {
      await insertRows(tx, rows.slice(index, index + rowsPerInsert));
    }
    const loadedAt = parts.clock.now();
    await tx.unsafe(statements.merge);
    await tx.unsafe(statements.markDays, [loadedAt.toISOString()]);
    await tx.unsafe(statements.addToLedger, [
      String(next.batch),
      String(next.tx),
      next.id,
      rows.length,
      loadedAt.toISOString(),
    ]);
    const oldest = new Date(loadedAt.getTime() - ledgerDays * dayMs);
    await tx.unsafe(statements.pruneLedger, [oldest.toISOString(), String(next.batch)]);
    await tx.unsafe(statements.dropStaging);
  });
}

/** One statement for many rows, every value a parameter. */
async function insertRows(tx: postgres.TransactionSql, rows: StoredRow[]): Promise<void> {
  await tx`insert into event_staging ${tx(rows, ...eventColumns)}`;
}

/** Tells Aurora how far the warehouse is: retention deletes only what is there, and answers say how old it is. */
async function mirror(
  hot: postgres.TransactionSql,
  state: { next: Position; now: Date; isCaughtUp: boolean },
): Promise<void> {
  const { next, now, isCaughtUp } = state;
  await hot`
    insert into load_watermark (single, tx, loaded_at)
    values (true, ${String(next.tx)}::xid8, ${now})
    on conflict (single) do update set tx = excluded.tx,
      loaded_at = case when ${isCaughtUp} then excluded.loaded_at else load_watermark.loaded_at end`;
}
