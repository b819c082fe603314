import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Address } from './order.ts';
import { endStates, orderStates } from './saga.ts';

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const minor = (name: string) => bigint(name, { mode: 'number' });

/** The moves of saga.ts, as the database checks them. */
export const legalMoveTable = pgTable(
  'legal_move',
  {
    fromState: text('from_state').notNull(),
    move: text().notNull(),
    toState: text('to_state').notNull(),
    event: text(),
  },
  (table) => [primaryKey({ name: 'legal_move_pkey', columns: [table.fromState, table.move] })],
);

export const orderTable = pgTable(
  'shop_order',
  {
    id: uuid().primaryKey(),
    /** Nobody once the person was forgotten. */
    userId: uuid('user_id'),
    state: text({ enum: [...orderStates] }).notNull(),
    /** The state that others still see while the order is withdrawn. */
    withdrawnFrom: text('withdrawn_from', { enum: [...orderStates] }),
    lastMove: text('last_move').notNull(),
    note: text(),
    reason: text(),
    version: integer().notNull(),
    totalMinor: minor('total_minor').notNull(),
    currency: text().notNull(),
    /** As it was sent: jsonb would order its members anew. */
    address: json().$type<Address>(),
    /** Forgotten as soon as the payment was asked for. */
    paymentToken: text('payment_token'),
    attemptId: uuid('attempt_id'),
    /** Did the provider say that it took the money? */
    isCharged: boolean('is_charged').notNull().default(false),
    /** How often the refund was asked for again. */
    repeats: integer().notNull().default(0),
    /** The person was forgotten while the order was on its way. */
    isErased: boolean('is_erased').notNull().default(false),
    correlationId: text('correlation_id').notNull(),
    placedAt: instant('placed_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    dueAt: instant('due_at'),
  },
  (table) => [
    index('shop_order_user').on(table.userId, table.id),
    index('shop_order_due_at').on(table.dueAt).where(sql`due_at is not null`),
    check('shop_order_state', sql`state in ${orderStates}`),
    check('shop_order_withdrawn', sql`(state = 'withdrawing') = (withdrawn_from is not null)`),
    check('shop_order_due', sql`(state in ${endStates}) = (due_at is null)`),
    check('shop_order_token', sql`payment_token is null or state = 'pending'`),
  ],
);

export const orderLineTable = pgTable(
  'order_line',
  {
    orderId: uuid('order_id').notNull(),
    position: integer().notNull(),
    productId: uuid('product_id').notNull(),
    quantity: integer().notNull(),
    unitPriceMinor: minor('unit_price_minor').notNull(),
    name: text().notNull(),
  },
  (table) => [primaryKey({ name: 'order_line_pkey', columns: [table.orderId, table.position] })],
);

/** People who were forgotten a moment ago: orders of theirs that were being placed then are looked for a little later. */
export const forgottenPersonTable = pgTable(
  'forgotten_person',
  { userId: uuid('user_id').notNull(), forgottenAt: instant('forgotten_at').notNull() },
  (table) => [primaryKey({ name: 'forgotten_person_pkey', columns: [table.userId] })],
);

/** Every move of every order; only the trigger of `shop_order` writes it. */
export const orderMoveTable = pgTable(
  'order_move',
  {
    orderId: uuid('order_id').notNull(),
    version: integer().notNull(),
    at: instant('at').notNull(),
    fromState: text('from_state').notNull(),
    move: text().notNull(),
    toState: text('to_state').notNull(),
    event: text(),
    note: text(),
  },
  (table) => [primaryKey({ name: 'order_move_pkey', columns: [table.orderId, table.version] })],
);

/** What this service knows of products, from their events. */
export const productCopyTable = pgTable('product_copy', {
  productId: uuid('product_id').primaryKey(),
  version: bigint({ mode: 'number' }).notNull(),
  name: text().notNull(),
  priceMinor: minor('price_minor').notNull(),
  currency: text().notNull(),
  isActive: boolean('is_active').notNull(),
  /** Exact when it was written, an estimate later: product has the last word when it reserves. */
  available: integer().notNull(),
});
