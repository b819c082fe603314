import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { states } from './payment.ts';

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const minor = (name: string) => bigint(name, { mode: 'number' });

export const paymentTable = pgTable(
  'payment',
  {
    id: uuid().primaryKey(),
    attemptId: uuid('attempt_id').notNull().unique('payment_attempt_unique'),
    orderId: uuid('order_id').notNull(),
    userId: uuid('user_id').notNull(),
    token: text(),
    amountMinor: minor('amount_minor').notNull(),
    currency: text().notNull(),
    state: text({ enum: states }).notNull(),
    capturedMinor: minor('captured_minor').notNull().default(0),
    capturedCurrency: text('captured_currency'),
    refundedMinor: minor('refunded_minor').notNull().default(0),
    isRefundWanted: boolean('is_refund_wanted').notNull().default(false),
    version: integer().notNull(),
    tries: integer().notNull().default(0),
    dueAt: instant('due_at'),
    attentionReason: text('attention_reason'),
    attentionSince: instant('attention_since'),
    correlationId: text('correlation_id').notNull(),
    traceparent: text().notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [
    index('payment_owner').on(table.userId, table.id),
    index('payment_order').on(table.orderId),
    index('payment_due').on(table.dueAt).where(sql`due_at is not null`),
    index('payment_attention').on(table.attentionSince, table.id).where(sql`attention_since is not null`),
    check(
      'payment_state_check',
      sql`state in (${sql.join(
        states.map((state) => sql`${state}`),
        sql`, `,
      )})`,
    ),
    check(
      'payment_amounts_check',
      sql`amount_minor >= 0 and captured_minor >= 0 and refunded_minor between 0 and captured_minor`,
    ),
  ],
);

export const webhookReceiptTable = pgTable(
  'webhook_receipt',
  { id: text().primaryKey(), receivedAt: instant('received_at').notNull() },
  (table) => [index('webhook_receipt_received').using('brin', table.receivedAt)],
);
