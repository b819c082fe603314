import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { Random } from '@millrace/runtime/ports.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { NoticeFacts, Telling } from './notice.ts';
import type { MailState } from './schema.ts';
import { mailTable, noticeTable } from './schema.ts';

/** Where processes hear that somebody has a new notice; the payload is the person's id. */
export const noticeChannel = 'notice';

/** A notice for the page, with the way of its e-mail. */
export interface StoredNotice {
  id: string;
  facts: NoticeFacts;
  orderId: string | null;
  createdAt: Date;
  readAt: Date | null;
  mailState: MailState | null;
}

/** The place of a notice in a person's list. */
export interface NoticePlace {
  createdAt: Date;
  id: string;
}

/** A telling, and whether an address to write to is known. */
export interface Addressed {
  telling: Telling;
  isReachable: boolean;
}

/**
 * Keeps a notice for the page and one by e-mail for each telling, and the e-mail's way; what is there already stays as it is.
 * Lock the people first.
 */
export async function addNotices(
  tx: Transaction,
  addressed: readonly Addressed[],
  ports: { now: Date; random: Random },
): Promise<void> {
  if (addressed.length === 0) return;
  const { now, random } = ports;
  const rows = addressed.flatMap(({ telling: { eventId, recipient, orderId, at, facts } }) =>
    (['page', 'email'] as const).map((channel) => ({
      id: random.uuid(),
      eventId,
      recipient,
      orderId,
      createdAt: at,
      channel,
      kind: facts.kind,
      facts,
    })),
  );
  const { id, recipient, channel } = noticeTable;
  const added = await tx.insert(noticeTable).values(rows).onConflictDoNothing().returning({ id, recipient, channel });
  const reachable = new Set(addressed.filter((each) => each.isReachable).map(({ telling }) => telling.recipient));
  const mails = added
    .filter((row) => row.channel === 'email')
    .map((row) => ({
      noticeId: row.id,
      recipient: row.recipient,
      createdAt: now,
      nextAttemptAt: now,
      attempts: 0,
      state: reachable.has(row.recipient) ? ('queued' as const) : ('waiting' as const),
    }));
  if (mails.length > 0) await tx.insert(mailTable).values(mails);
  const people = [...new Set(added.map((row) => row.recipient))];
  await sqlOf(tx)`select pg_notify(${noticeChannel}, person) from unnest(${people}::text[]) as person`;
}

/** A person's notices, the newest first, after a place in the list. */
export async function listNotices(
  db: PostgresJsDatabase,
  question: { recipient: string; after: NoticePlace | undefined; limit: number },
): Promise<StoredNotice[]> {
  const { recipient, after, limit } = question;
  const sql = sqlOf(db);
  const older = after ? sql`and (page.created_at, page.id) < (${after.createdAt}, ${after.id}::uuid)` : sql``;
  return await sql<StoredNotice[]>`
    select page.id, page.facts, page.order_id as "orderId", page.created_at as "createdAt", page.read_at as "readAt",
      mail.state as "mailState"
    from notice as page
    left join notice as letter
      on letter.event_id = page.event_id and letter.channel = 'email' and letter.recipient = page.recipient
    left join mail on mail.notice_id = letter.id
    where page.recipient = ${recipient} and page.channel = 'page' ${older}
    order by page.created_at desc, page.id desc
    limit ${limit}`;
}

/** One notice of this person. */
export async function findNotice(
  db: PostgresJsDatabase,
  question: { id: string; recipient: string },
): Promise<StoredNotice | undefined> {
  const { id, recipient } = question;
  const [row] = await sqlOf(db)<StoredNotice[]>`
    select page.id, page.facts, page.order_id as "orderId", page.created_at as "createdAt", page.read_at as "readAt",
      mail.state as "mailState"
    from notice as page
    left join notice as letter
      on letter.event_id = page.event_id and letter.channel = 'email' and letter.recipient = page.recipient
    left join mail on mail.notice_id = letter.id
    where page.id = ${id} and page.recipient = ${recipient} and page.channel = 'page'`;
  return row;
}

/** Notes when this person first read a notice of theirs. @returns whether they have it. */
export async function markRead(
  db: PostgresJsDatabase,
  read: { id: string; recipient: string; at: Date },
): Promise<boolean> {
  const { id, recipient, at } = read;
  const rows = await sqlOf(db)`
    update notice set read_at = coalesce(read_at, ${at})
    where id = ${id} and recipient = ${recipient} and channel = 'page'`;
  return rows.count > 0;
}

/** Removes notices that are too old to keep, at most `limit`. @returns how many went. */
export async function deleteOldNotices(db: PostgresJsDatabase, old: { before: Date; limit: number }): Promise<number> {
  const gone = await sqlOf(db)`
    delete from notice
    where id = any(array(select id from notice where created_at < ${old.before} order by created_at limit ${old.limit}))`;
  return gone.count;
}
