import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import { eq, inArray } from 'drizzle-orm';
import type { Contact } from './contact.ts';
import { contactTable, noticeTable } from './schema.ts';

/**
 * Keeps what is told to these people and what is known of them apart until the transaction ends: `shared` for who tells,
 * `alone` for who changes a contact. So no mail waits beside a contact that is there, and nothing is told to the forgotten.
 */
export async function lockPeople(tx: Transaction, userIds: readonly string[], mode: 'shared' | 'alone'): Promise<void> {
  const sql = sqlOf(tx);
  // In one order everywhere, so that two transactions do not wait for each other.
  const keys = sql`select distinct hashtextextended(id, 0) as key from unnest(${[...userIds]}::text[]) as id order by key`;
  if (mode === 'shared') await sql`select pg_advisory_xact_lock_shared(key) from (${keys}) as person`;
  else await sql`select pg_advisory_xact_lock(key) from (${keys}) as person`;
}

/** What is known of these people; the forgotten are there with their version alone. */
export async function readContacts(tx: Transaction, userIds: readonly string[]): Promise<Map<string, Contact>> {
  const rows = await tx
    .select()
    .from(contactTable)
    .where(inArray(contactTable.userId, [...userIds]));
  return new Map(
    rows.map(({ userId, version, email, name }) => [
      userId,
      { userId, version, reach: email !== null && name !== null ? { email, name } : null },
    ]),
  );
}

/** Keeps a contact; mails that waited for it can go now. */
export async function saveContact(tx: Transaction, contact: Contact, at: Date): Promise<void> {
  const { userId, version, reach } = contact;
  const known = { version, changedAt: at, erasedAt: null, email: null, name: null, ...(reach ?? { erasedAt: at }) };
  await tx
    .insert(contactTable)
    .values({ userId, ...known })
    .onConflictDoUpdate({ target: contactTable.userId, set: known });
  if (!reach) return;
  const sql = sqlOf(tx);
  await sql`
    update mail set state = 'queued', next_attempt_at = ${at}
    where recipient = ${userId} and state = 'waiting'`;
}

/** Removes what was told to somebody, and with each notice its mail. */
export async function removeNotices(tx: Transaction, userId: string): Promise<void> {
  await tx.delete(noticeTable).where(eq(noticeTable.recipient, userId));
}
