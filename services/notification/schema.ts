import { idempotencyKeyTable } from '@millrace/runtime/idempotency.ts';
import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { NoticeFacts, NoticeKind } from './notice.ts';

/** Created by the runtime's own migrations. */
export { idempotencyKeyTable, inboxTable, outboxTable };

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const contactTable = pgTable(
  'contact',
  {
    userId: uuid('user_id').primaryKey(),
    version: bigint({ mode: 'number' }).notNull(),
    changedAt: instant('changed_at').notNull(),
    erasedAt: instant('erased_at'),
    email: text(),
    name: text(),
  },
  () => [
    check('contact_known', sql`(erased_at is null) = (email is not null) and (erased_at is null) = (name is not null)`),
  ],
);

export const noticeTable = pgTable(
  'notice',
  {
    id: uuid().primaryKey(),
    eventId: uuid('event_id').notNull(),
    recipient: uuid().notNull(),
    orderId: uuid('order_id'),
    createdAt: instant('created_at').notNull(),
    readAt: instant('read_at'),
    channel: text({ enum: ['page', 'email'] }).notNull(),
    kind: text().$type<NoticeKind>().notNull(),
    facts: jsonb().$type<NoticeFacts>().notNull(),
  },
  (table) => [
    uniqueIndex('notice_once').on(table.eventId, table.channel, table.recipient),
    index('notice_recipient').on(table.recipient, table.channel, table.createdAt, table.id),
    index('notice_created').on(table.createdAt),
    check('notice_channel', sql`channel in ('page', 'email')`),
    check('notice_kind', sql`kind in ('welcome', 'order-confirmed', …)`),
  ],
);

export const mailTable = pgTable(
  'mail',
  {
    noticeId: uuid('notice_id').primaryKey(),
    recipient: uuid().notNull(),
    createdAt: instant('created_at').notNull(),
    nextAttemptAt: instant('next_attempt_at').notNull(),
    finishedAt: instant('finished_at'),
    attempts: integer().notNull(),
    /** Attempts in a row of which nobody heard how they ended. */
    unended: integer().notNull().default(0),
    state: text({ enum: ['waiting', 'queued', 'sent', 'none', 'refused', 'given-up'] }).notNull(),
    fault: text(),
  },
  (table) => [
    index('mail_due').on(table.nextAttemptAt).where(sql`state = 'queued'`),
    index('mail_waiting').on(table.recipient).where(sql`state = 'waiting'`),
    check('mail_state', sql`state in ('waiting', 'queued', 'sent', 'none', 'refused', 'given-up')`),
    check('mail_finished', sql`(finished_at is null) = (state in ('waiting', 'queued'))`),
  ],
);
export type MailState = (typeof mailTable.$inferSelect)['state'];
