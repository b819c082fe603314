import { inboxTable } from '@millrace/runtime/inbox.ts';
import type { SQL } from 'drizzle-orm';
import { and, count, eq, max, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { ReceiptState } from './receipt.ts';
import { deadBatchTable, eventTable } from './schema.ts';

/** The name under which the processor marks batches in the inbox. */
export const processorName = 'processor';

/** Looks up batches: all in the inbox is stored, one dead is dead, anything else is on its way. */
export async function readReceiptState(db: PostgresJsDatabase, ids: readonly string[]): Promise<ReceiptState> {
  const [applied] = await db
    .select({ count: count(), storedAt: max(inboxTable.receivedAt) })
    .from(inboxTable)
    .where(and(eq(inboxTable.consumer, processorName), isAmong(inboxTable.eventId, ids)));
  if (applied?.count === ids.length && applied.storedAt) {
    return { state: 'stored', storedAt: applied.storedAt.toISOString() };
  }
  const [dead] = await db
    .select({ reason: deadBatchTable.reason })
    .from(deadBatchTable)
    .where(isAmong(deadBatchTable.id, ids))
    .limit(1);
  return dead ? { state: 'dead', reason: dead.reason } : { state: 'queued' };
}

/** The ids among these that are stored already. */
export async function findStored(db: PostgresJsDatabase, ids: readonly string[]): Promise<string[]> {
  const rows = await db.select({ id: eventTable.id }).from(eventTable).where(isAmong(eventTable.id, ids));
  return rows.map((row) => row.id);
}

// One parameter whatever the number of ids, so that there is one prepared statement. UUIDs need no quotes in an array.
const isAmong = (column: PgColumn, ids: readonly string[]): SQL =>
  sql`${column} = any(${`{${ids.join(',')}}`}::uuid[])`;
