import type { Transaction } from '@millrace/runtime/database.ts';
import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  or,
  sql,
} from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Payment } from './payment.ts';
import { paymentTable, webhookReceiptTable } from './schema.ts';

/** On which a worker hears that a payment is due. */
export const dueChannel = 'payment_due';
/** Only one transaction at a time wakes the chargers: NOTIFY makes commits wait for each other. They look again soon after. */
const wakeLockKey = 7_236_401_131;

type Db = Transaction | PostgresJsDatabase;

/** Adds payments whose attempts are not known. @returns the ids of those that were added. */
export async function addPayments(tx: Transaction, payments: readonly Payment[]): Promise<Set<string>> {
  if (payments.length === 0) return new Set();
  const added = await tx
    .insert(paymentTable)
    .values([...payments])
    .onConflictDoNothing({ target: paymentTable.attemptId })
    .returning({ id: paymentTable.id });
  return new Set(added.map(({ id }) => id));
}

/** Wakes the chargers once this transaction is committed. */
export async function ringDue(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_notify(${dueChannel}, '') where pg_try_advisory_xact_lock(${wakeLockKey})`);
}

export async function listAttempts(db: Db, attemptIds: readonly string[]): Promise<Payment[]> {
  if (attemptIds.length === 0) return [];
  return db
    .select()
    .from(paymentTable)
    .where(inArray(paymentTable.attemptId, [...attemptIds]));
}

/** An attempt that nobody else changes until this transaction ends. */
export async function lockAttempt(tx: Transaction, attemptId: string): Promise<Payment | undefined> {
  const rows = await tx.select().from(paymentTable).where(eq(paymentTable.attemptId, attemptId)).for('update');
  return rows[0];
}

/** Writes a payment that went on from what was read. @returns whether nothing of it changed since then. */
export async function updatePayment(tx: Transaction, payment: Payment, read: Payment): Promise<boolean> {
  const { id, ...changed } = payment;
  const table = paymentTable;
  const rows = await tx
    .update(table)
    .set(changed)
    .where(
      and(
        eq(table.id, id),
        eq(table.state, read.state),
        eq(table.version, read.version),
        eq(table.tries, read.tries),
        eq(table.isRefundWanted, read.isRefundWanted),
        read.attentionReason === null ? isNull(table.attentionReason) : eq(table.attentionReason, read.attentionReason),
      ),
    )
    .returning({ id: table.id });
  return rows.length > 0;
}

/** Notes that a person must look at a payment, unless it went on meanwhile; an earlier reason stays. @returns whether this is new. */
export async function raiseAttention(
  db: Db,
  { id, state }: Pick<Payment, 'id' | 'state'>,
  facts: { reason: string; now: Date },
): Promise<boolean> {
  const rows = await db
    .update(paymentTable)
    .set({ attentionReason: facts.reason, attentionSince: facts.now })
    .where(and(eq(paymentTable.id, id), eq(paymentTable.state, state), isNull(paymentTable.attentionSince)))
    .returning({ id: paymentTable.id });
  return rows.length > 0;
}

/**
 * Borrows payments that are due, the longest waiting first. One that was requested is being charged from here on. Whoever does
 * not settle or postpone it before the loan is over loses it to another.
 */
export async function borrowDue(
  db: PostgresJsDatabase,
  loan: { now: Date; until: Date; limit: number },
): Promise<Payment[]> {
  const isRequested = sql`${paymentTable.state} = 'requested'`;
  const due = db
    .select({ id: paymentTable.id })
    .from(paymentTable)
    .where(lte(paymentTable.dueAt, loan.now))
    .orderBy(asc(paymentTable.dueAt))
    .limit(loan.limit)
    .for('update', { skipLocked: true });
  return db
    .update(paymentTable)
    .set({
      state: sql`case when ${isRequested} then 'charging' else ${paymentTable.state} end`,
      tries: sql`${paymentTable.tries} + 1`,
      dueAt: loan.until,
      updatedAt: loan.now,
    })
    .where(sql`${paymentTable.id} = any(array${due}) and ${paymentTable.dueAt} <= ${loan.now.toISOString()}`)
    .returning();
}

/** Gives a borrowed payment back for later, unless it went on meanwhile. */
export async function postponeDue(
  db: PostgresJsDatabase,
  payment: Pick<Payment, 'id' | 'state'>,
  dueAt: Date,
): Promise<void> {
  await db
    .update(paymentTable)
    .set({ dueAt })
    .where(and(eq(paymentTable.id, payment.id), eq(paymentTable.state, payment.state), isNotNull(paymentTable.dueAt)));
}

/** A page of somebody's payments, the newest first. */
export async function listPayments(
  db: PostgresJsDatabase,
  page: { userId: string; orderId: string | undefined; after: string | undefined; limit: number },
): Promise<Payment[]> {
  return db
    .select()
    .from(paymentTable)
    .where(
      and(
        eq(paymentTable.userId, page.userId),
        page.orderId === undefined ? undefined : eq(paymentTable.orderId, page.orderId),
        page.after === undefined ? undefined : lt(paymentTable.id, page.after),
      ),
    )
    .orderBy(desc(paymentTable.id))
    .limit(page.limit);
}

/** A page of payments that a person must look at, the longest waiting first. */
export async function listAttention(
  db: PostgresJsDatabase,
  page: { after: { since: string; id: string } | undefined; limit: number },
): Promise<Payment[]> {
  const { attentionSince, id } = paymentTable;
  const after = page.after && new Date(page.after.since);
  return db
    .select(getTableColumns(paymentTable))
    .from(paymentTable)
    .where(
      and(
        isNotNull(attentionSince),
        after && page.after && or(gt(attentionSince, after), and(eq(attentionSince, after), gt(id, page.after.id))),
      ),
    )
    .orderBy(asc(attentionSince), asc(id))
    .limit(page.limit);
}

/** How many payments wait for a person, by reason. */
export async function countAttention(db: PostgresJsDatabase): Promise<{ reason: string; payments: number }[]> {
  const reason = sql<string>`coalesce(${paymentTable.attentionReason}, '')`;
  return db
    .select({ reason, payments: count() })
    .from(paymentTable)
    .where(isNotNull(paymentTable.attentionSince))
    .groupBy(paymentTable.attentionReason);
}

/** Marks a callback as taken, first thing in its transaction. @returns whether it is new. */
export async function acceptWebhook(tx: Db, id: string, receivedAt: Date): Promise<boolean> {
  const rows = await tx
    .insert(webhookReceiptTable)
    .values({ id, receivedAt })
    .onConflictDoNothing()
    .returning({ id: webhookReceiptTable.id });
  return rows.length > 0;
}

/** Forgets callbacks that nobody repeats any more. @returns how many. */
export async function purgeWebhookReceipts(
  db: PostgresJsDatabase,
  options: { before: Date; limit: number },
): Promise<number> {
  const old = db
    .select({ id: webhookReceiptTable.id })
    .from(webhookReceiptTable)
    .where(lt(webhookReceiptTable.receivedAt, options.before))
    .limit(options.limit);
  const gone = await db.delete(webhookReceiptTable).where(inArray(webhookReceiptTable.id, old)).returning({
    id: webhookReceiptTable.id,
  });
  return gone.length;
}
