import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';

/** A write that its caller may repeat. */
export interface IdempotentWrite {
  caller: string;
  key: string;
  hash: Buffer;
}

/** What is known of a key: nothing yet, the answer of the same write, another write, or one that runs at this moment. */
export type KnownKey = { known: 'new' } | { known: 'same'; result: string } | { known: 'other' } | { known: 'running' };

/** Takes a key for this transaction. Another transaction that wants it meanwhile is told so and does not wait. */
export async function takeKey(tx: Transaction, write: IdempotentWrite): Promise<KnownKey> {
  const sql = sqlOf(tx);
  const name = `${write.caller}\n${write.key}`;
  const [lock] = await sql<{ isMine: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as "isMine"`;
  if (!lock?.isMine) return { known: 'running' };
  const [row] = await sql<{ isSame: boolean; result: string }[]>`
    select request_hash = ${write.hash} as "isSame", result from idempotency_key
    where caller = ${write.caller} and key = ${write.key}`;
  if (!row) return { known: 'new' };
  return row.isSame ? { known: 'same', result: row.result } : { known: 'other' };
}

/** Keeps the answer of a write, in the write's own transaction. */
export async function keepResult(tx: Transaction, write: IdempotentWrite & { result: string }): Promise<void> {
  const { caller, key, hash, result } = write;
  await sqlOf(tx)`
    insert into idempotency_key (caller, key, request_hash, result) values (${caller}, ${key}, ${hash}, ${result})`;
}
