import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** A transaction id with its epoch: it grows for ever. As text in TypeScript. */
const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => 'xid8' });

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const siteTable = pgTable(
  'site',
  {
    id: uuid().primaryKey(),
    createdAt: instant('created_at').notNull(),
    owner: text().notNull(),
    name: text().notNull(),
    domain: text().notNull(),
    timeZone: text('time_zone').notNull(),
  },
  (table) => [index('site_owner').on(table.owner, table.id)],
);

export const eventTable = pgTable(
  'event',
  {
    id: uuid().primaryKey(),
    siteId: uuid('site_id').notNull(),
    /** The visitor's 16 hex digits as a signed 64-bit number. */
    visitor: bigint({ mode: 'bigint' }).notNull(),
    at: instant('at').notNull(),
    receivedAt: instant('received_at').notNull(),
    tx: xid8().notNull().default(sql`pg_current_xact_id()`),
    seconds: integer(),
    clockSkew: boolean('clock_skew').notNull().default(false),
    type: text({ enum: ['pageview', 'engagement', 'custom'] }).notNull(),
    path: text().notNull(),
    title: text(),
    referrer: text(),
    utmSource: text('utm_source'),
    utmMedium: text('utm_medium'),
    utmCampaign: text('utm_campaign'),
    country: text(),
    browser: text(),
    os: text(),
    device: text(),
    language: text(),
    screen: text(),
    name: text(),
    props: jsonb(),
  },
  (table) => [
    index('event_site_at').on(table.siteId, table.at),
    index('event_tx').on(table.tx),
    check('event_type', sql`type in ('pageview', 'engagement', 'custom')`),
  ],
);

/** A visitor's run of events with gaps of at most 30 minutes, within one UTC day. */
export const visitTable = pgTable(
  'visit',
  {
    siteId: uuid('site_id').notNull(),
    visitor: bigint({ mode: 'bigint' }).notNull(),
    startedAt: instant('started_at').notNull(),
    endedAt: instant('ended_at').notNull(),
    views: integer().notNull(),
    customs: integer().notNull(),
  },
  (table) => [
    primaryKey({ name: 'visit_pkey', columns: [table.siteId, table.visitor, table.startedAt] }),
    index('visit_site_started').on(table.siteId, table.startedAt),
  ],
);

/** 96 rows for each UTC day with activity; `before_` ends and `hour_` and `after_` begin at `quarter`. */
export const rollupQuarterTable = pgTable(
  'rollup_quarter',
  {
    siteId: uuid('site_id').notNull(),
    quarter: instant('quarter').notNull(),
    beforeViews: integer('before_views').notNull(),
    beforeVisitors: integer('before_visitors').notNull(),
    beforeVisits: integer('before_visits').notNull(),
    beforeBounces: integer('before_bounces').notNull(),
    beforeSeconds: numeric('before_seconds', { precision: 16, scale: 3 }).notNull(),
    hourViews: integer('hour_views').notNull(),
    hourVisitors: integer('hour_visitors').notNull(),
    hourVisits: integer('hour_visits').notNull(),
    hourBounces: integer('hour_bounces').notNull(),
    hourSeconds: numeric('hour_seconds', { precision: 16, scale: 3 }).notNull(),
    afterViews: integer('after_views').notNull(),
    afterVisitors: integer('after_visitors').notNull(),
    afterVisits: integer('after_visits').notNull(),
    afterBounces: integer('after_bounces').notNull(),
    afterSeconds: numeric('after_seconds', { precision: 16, scale: 3 }).notNull(),
  },
  (table) => [primaryKey({ name: 'rollup_quarter_pkey', columns: [table.siteId, table.quarter] })],
);

export const rollupDayTable = pgTable(
  'rollup_day',
  {
    siteId: uuid('site_id').notNull(),
    day: date({ mode: 'string' }).notNull(),
    views: integer().notNull(),
    visits: integer().notNull(),
    visitors: integer().notNull(),
    seconds: bigint({ mode: 'number' }).notNull(),
    dimension: text().notNull(),
    value: text().notNull(),
  },
  (table) => [index('rollup_day_site_dimension_day').on(table.siteId, table.dimension, table.day)],
);

/** Days whose roll-ups are behind their events, and since when. */
export const dirtyDayTable = pgTable(
  'dirty_day',
  {
    siteId: uuid('site_id').notNull(),
    day: date({ mode: 'string' }).notNull(),
    version: bigint({ mode: 'number' }).notNull().default(1),
    since: instant('since').notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: 'dirty_day_pkey', columns: [table.siteId, table.day] })],
);

/** The numbers 0 to 95; the warehouse has the same table. */
export const quarterOfDayTable = pgTable('quarter_of_day', { n: integer().primaryKey() });

export const deadBatchTable = pgTable('dead_batch', {
  id: uuid().primaryKey(),
  reason: text().notNull(),
  at: instant('at').notNull(),
});

/** At most one row: every event with a smaller `tx` is in the warehouse. */
export const loadWatermarkTable = pgTable(
  'load_watermark',
  {
    single: boolean().primaryKey().default(true),
    tx: xid8().notNull(),
    loadedAt: instant('loaded_at').notNull(),
  },
  () => [check('load_watermark_single', sql`single`)],
);

export const shopOrderTable = pgTable(
  'shop_order',
  {
    orderId: uuid('order_id').primaryKey(),
    placedAt: instant('placed_at').notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    amountMinor: bigint('amount_minor', { mode: 'number' }).notNull(),
    state: text().notNull(),
    currency: text().notNull(),
  },
  (table) => [
    index('shop_order_placed').on(table.placedAt),
    check('shop_order_state', sql`state in ('placed', 'confirmed', 'rejected', 'cancelled')`),
    check('shop_order_amount', sql`amount_minor >= 0`),
  ],
);
