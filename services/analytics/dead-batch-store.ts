import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';

/** Notes that a batch went to the dead-letter queue; the first reason stays. */
export async function addDeadBatch(tx: Transaction, dead: { id: string; reason: string; at: Date }): Promise<void> {
  await sqlOf(tx)`
    insert into dead_batch (id, reason, at) values (${dead.id}, ${dead.reason}, ${dead.at}) on conflict (id) do nothing`;
}

/** Forgets that batches were dead: somebody sent them again and they are being applied. */
export async function reviveBatches(tx: Transaction, ids: readonly string[]): Promise<void> {
  await sqlOf(tx)`delete from dead_batch where id = any (${[...ids]}::uuid[])`;
}
