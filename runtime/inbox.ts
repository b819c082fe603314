import { index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import type { Transaction } from './database.ts';
import { sqlOf } from './database.ts';

/** The ids of events that each consumer has applied. Created by runtime/migrations. */
export const inboxTable = pgTable(
  'inbox',
  {
    consumer: text().notNull(),
    eventId: uuid('event_id').notNull(),
    receivedAt: timestamp('received_at', { withTimezone: true, mode: 'date' }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'inbox_pk', columns: [table.consumer, table.eventId] }),
    index('inbox_received').using('brin', table.receivedAt),
  ],
);

/**
 * Marks events as applied by this consumer, first thing in the transaction that applies them.
 * Another transaction that applies one of them is waited for.
 * @returns the ids that are new here; the others were applied before and must be skipped.
 */
export async function acceptOnce(
  tx: Transaction | postgres.TransactionSql,
  consumer: string,
  ids: readonly string[],
): Promise<Set<string>> {
  // In one order everywhere, so that two consumers of the same messages do not deadlock.
  const sorted = [...new Set(ids)].sort();
  const rows = await sqlOf(tx)<{ id: string }[]>`
    insert into inbox (consumer, event_id) select ${consumer}, unnest(${sorted}::uuid[])
    on conflict do nothing returning event_id as id`;
  return new Set(rows.map((row) => row.id));
}

/** Takes back what `acceptOnce` marked, within its transaction: these events are applied another time. */
export async function forget(
  tx: Transaction | postgres.TransactionSql,
  consumer: string,
  ids: readonly string[],
): Promise<void> {
  await sqlOf(tx)`delete from inbox where consumer = ${consumer} and event_id = any(${[...ids]}::uuid[])`;
}

/** Removes ids that no queue can deliver any more, at most `limit` of them. Returns how many went. */
export async function purgeInbox(sql: postgres.ISql, options: { before: Date; limit: number }): Promise<number> {
  const { before, limit } = options;
  const gone = await sql`
    delete from inbox where ctid = any(array(select ctid from inbox where received_at < ${before} limit ${limit}))`;
  return gone.count;
}

/** Not an event: the row that shows whether the database takes writes. */
const probeId = '00000000-0000-0000-0000-000000000000';

/** Settles when the database takes a write of this consumer; a full disk or a reader endpoint answers reads only. */
export async function probeInbox(sql: postgres.ISql, consumer: string): Promise<void> {
  await sql`
    insert into inbox (consumer, event_id) values (${consumer}, ${probeId})
    on conflict (consumer, event_id) do update set received_at = now()`;
}
