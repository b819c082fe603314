import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { uploadRefusals } from '@millrace/runtime/uploads-rules.ts';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { avatarStates } from './avatar.ts';
import { loyaltyStates } from './loyalty.ts';

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const profileTable = pgTable(
  'profile',
  {
    userId: uuid('user_id').primaryKey(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    version: integer().notNull(),
    /** Both are missing once the person is erased. */
    email: text(),
    name: text(),
  },
  (table) => [check('profile_whole', sql`(${table.email} is null) = (${table.name} is null)`)],
);

export const avatarTable = pgTable(
  'avatar',
  {
    userId: uuid('user_id').primaryKey(),
    /** Until when the newest form is good. */
    offeredUntil: instant('offered_until').notNull(),
    state: text({ enum: avatarStates }).notNull(),
    refusal: text({ enum: uploadRefusals }),
    /** The picture that is shown. */
    imageKey: text('image_key'),
    /** The upload that is waited for. */
    uploadKey: text('upload_key'),
  },
  (table) => [
    check('avatar_state', sql`${table.state} in ('none', 'waiting', 'ready', 'refused')`),
    check('avatar_refusal', sql`(${table.state} = 'refused') = (${table.refusal} is not null)`),
    check('avatar_upload', sql`(${table.state} = 'waiting') = (${table.uploadKey} is not null)`),
  ],
);

export const unwantedObjectTable = pgTable(
  'unwanted_object',
  {
    key: text().primaryKey(),
    dueAt: instant('due_at').notNull(),
    attempts: integer().notNull().default(0),
  },
  (table) => [index('unwanted_object_due').on(table.dueAt)],
);

export const loyaltyEntryTable = pgTable(
  'loyalty_entry',
  {
    orderId: uuid('order_id').primaryKey(),
    userId: uuid('user_id').notNull(),
    /** When the order came into its state. */
    at: instant('at').notNull(),
    points: bigint({ mode: 'number' }),
    /** The highest version of the order that was heard of. */
    version: integer().notNull(),
    state: text({ enum: loyaltyStates }).notNull(),
  },
  (table) => [
    index('loyalty_entry_user').on(table.userId, table.orderId.desc()),
    check('loyalty_entry_points', sql`${table.points} >= 0`),
    check('loyalty_entry_state', sql`${table.state} in ('pending', 'granted', 'taken-back')`),
  ],
);
