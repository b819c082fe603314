import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const count = (name: string) => bigint(name, { mode: 'number' });
const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

export const productTable = pgTable(
  'product',
  {
    id: uuid().primaryKey(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    version: count('version').notNull(),
    priceMinor: count('price_minor').notNull(),
    isActive: boolean('is_active').notNull(),
    currency: text({ enum: ['USD', 'EUR', 'GBP', 'CHF', 'JPY'] }).notNull(),
    name: text().notNull(),
    description: text().notNull(),
    imageKey: text('image_key'),
    /** Made by the database of name and description; the default only says so to whoever compares. */
    search: tsvector().default(sql`generated`),
    /** Likewise. */
    nameKey: text('name_key').default(sql`generated`),
  },
  (table) => [
    index('product_search').using('gin', table.search),
    index('product_active').on(table.id).where(sql`is_active`),
    check('product_price', sql`price_minor >= 0`),
  ],
);

export const stockTable = pgTable(
  'stock',
  { productId: uuid('product_id').primaryKey(), available: count('available').notNull() },
  () => [check('stock_available', sql`available >= 0`)],
);

export const stockMovementTable = pgTable(
  'stock_movement',
  {
    id: count('id').primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull(),
    productId: uuid('product_id').notNull(),
    orderId: uuid('order_id'),
    quantity: count('quantity').notNull(),
    kind: text({ enum: ['initial', 'restock', 'held', 'sold', 'returned', 'expired'] }).notNull(),
  },
  (table) => [
    index('stock_movement_product').on(table.productId),
    check('stock_movement_kind', sql`kind in ('initial', 'restock', 'held', 'sold', 'returned', 'expired')`),
    check('stock_movement_quantity', sql`quantity > 0`),
  ],
);

export const reservationTable = pgTable(
  'reservation',
  {
    orderId: uuid('order_id').primaryKey(),
    id: uuid().notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    orderVersion: count('order_version').notNull(),
    version: integer().notNull(),
    state: text({ enum: ['held', 'sold', 'returned', 'expired', 'refused'] }).notNull(),
  },
  (table) => [
    index('reservation_due').on(table.expiresAt).where(sql`state = 'held'`),
    index('reservation_ended').on(table.updatedAt).where(sql`state in ('returned', 'expired', 'refused')`),
    check('reservation_state', sql`state in ('held', 'sold', 'returned', 'expired', 'refused')`),
  ],
);

export const reservationLineTable = pgTable(
  'reservation_line',
  {
    orderId: uuid('order_id').notNull(),
    productId: uuid('product_id').notNull(),
    quantity: count('quantity').notNull(),
  },
  (table) => [
    primaryKey({ name: 'reservation_line_pkey', columns: [table.orderId, table.productId] }),
    check('reservation_line_quantity', sql`quantity > 0`),
  ],
);

export const coPurchaseTable = pgTable(
  'co_purchase',
  { productId: uuid('product_id').notNull(), otherId: uuid('other_id').notNull(), orders: integer().notNull() },
  (table) => [
    primaryKey({ name: 'co_purchase_pkey', columns: [table.productId, table.otherId] }),
    index('co_purchase_best').on(table.productId, table.orders.desc()),
  ],
);

export const popularityTable = pgTable(
  'popularity',
  { productId: uuid('product_id').primaryKey(), orders: integer().notNull() },
  (table) => [index('popularity_best').on(table.orders.desc())],
);

export const purchaseTable = pgTable(
  'purchase',
  { userId: uuid('user_id').notNull(), productId: uuid('product_id').notNull(), at: instant('at').notNull() },
  (table) => [
    primaryKey({ name: 'purchase_pkey', columns: [table.userId, table.productId] }),
    index('purchase_recent').on(table.userId, table.at.desc()),
  ],
);

export const profileTable = pgTable(
  'profile',
  {
    userId: uuid('user_id').primaryKey(),
    updatedAt: instant('updated_at').notNull(),
    version: count('version').notNull(),
    isErased: boolean('is_erased').notNull(),
    popularIds: uuid('popular_ids').array().notNull(),
    newIds: uuid('new_ids').array().notNull(),
  },
  (table) => [index('profile_erased').on(table.updatedAt).where(sql`is_erased`)],
);

export const imageUploadTable = pgTable(
  'image_upload',
  {
    key: text().primaryKey(),
    productId: uuid('product_id').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    state: text({ enum: ['waiting', 'ready', 'refused', 'replaced'] }).notNull(),
    reason: text(),
  },
  (table) => [
    index('image_upload_over').on(table.updatedAt).where(sql`state <> 'ready'`),
    check('image_upload_state', sql`state in ('waiting', 'ready', 'refused', 'replaced')`),
  ],
);
