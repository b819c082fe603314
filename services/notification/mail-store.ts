import { sqlOf } from '@millrace/runtime/database.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { NoticeFacts } from './notice.ts';

/** A mail that is this process's to send until its lease ends. */
export interface ClaimedMail {
  noticeId: string;
  facts: NoticeFacts;
  orderId: string | null;
  email: string;
  name: string;
  /** This attempt included. */
  attempts: number;
  /** Attempts in a row before this one of which nobody heard how they ended. */
  unended: number;
  createdAt: Date;
}

/**
 * Takes mails whose time has come; nobody else takes them before `leaseUntil`. One whose last attempt was never heard of may
 * have ended the process that made it: it goes alone, and first, so that the others are not lost with it.
 */
export async function claimMails(
  db: PostgresJsDatabase,
  claim: { now: Date; leaseUntil: Date; limit: number },
): Promise<ClaimedMail[]> {
  const { now, leaseUntil, limit } = claim;
  return await sqlOf(db)<ClaimedMail[]>`
    with due as materialized (
      select notice_id, row_number() over (order by unended > 0 desc, next_attempt_at) as place,
        bool_or(unended > 0) over () as is_doubtful
      from (
        select notice_id, unended, next_attempt_at from mail
        where state = 'queued' and next_attempt_at <= ${now}
        order by next_attempt_at
        limit ${limit}
        for update skip locked
      ) as ready
    )
    update mail set attempts = mail.attempts + 1, unended = mail.unended + 1, next_attempt_at = ${leaseUntil}
    from due, notice, contact
    where mail.notice_id = due.notice_id and notice.id = mail.notice_id and contact.user_id = mail.recipient
      and contact.erased_at is null and (due.place = 1 or not due.is_doubtful)
    returning mail.notice_id as "noticeId", notice.facts, notice.order_id as "orderId", contact.email, contact.name,
      mail.attempts, mail.unended - 1 as unended, mail.created_at as "createdAt"`;
}

/** How an attempt ended for good. `fault` says why, without anybody's name or address. */
export interface MailEnd {
  noticeId: string;
  state: 'sent' | 'refused' | 'given-up';
  fault: string | null;
  at: Date;
}

/** Ends a mail's way, unless another process ended it meanwhile. */
export async function finishMail(db: PostgresJsDatabase, end: MailEnd): Promise<boolean> {
  const { noticeId, state, fault, at } = end;
  const rows = await sqlOf(db)`
    update mail set state = ${state}, fault = ${fault}, finished_at = ${at}
    where notice_id = ${noticeId} and state = 'queued'`;
  return rows.count > 0;
}

/** The attempt failed and another one makes sense. */
export async function postponeMail(
  db: PostgresJsDatabase,
  again: { noticeId: string; at: Date; fault: string },
): Promise<void> {
  const { noticeId, at, fault } = again;
  await sqlOf(db)`
    update mail set next_attempt_at = ${at}, fault = ${fault}, unended = 0 where notice_id = ${noticeId} and state = 'queued'`;
}

/** Gives back mails that were not tried. */
export async function returnMails(db: PostgresJsDatabase, noticeIds: readonly string[], now: Date): Promise<void> {
  if (noticeIds.length === 0) return;
  await sqlOf(db)`
    update mail set next_attempt_at = ${now}, attempts = attempts - 1, unended = greatest(unended - 1, 0)
    where notice_id = any(${[...noticeIds]}::uuid[]) and state = 'queued' and attempts > 0`;
}

/** Ends the wait for contacts that did not come in time, of at most `limit` mails. @returns how many. */
export async function endWaiting(
  db: PostgresJsDatabase,
  wait: { since: Date; now: Date; limit: number },
): Promise<number> {
  const ended = await sqlOf(db)`
    update mail set state = 'none', finished_at = ${wait.now}
    where notice_id = any(array(
      select notice_id from mail where state = 'waiting' and created_at < ${wait.since}
      limit ${wait.limit} for update skip locked))
    and state = 'waiting'`;
  return ended.count;
}

/** How many mails are on their way, and since when the oldest is. */
export async function measureMails(db: PostgresJsDatabase): Promise<{ open: number; oldest: Date | null }> {
  const [row] = await sqlOf(db)<{ open: number; oldest: Date | null }[]>`
    select cast(count(*) as integer) as open, min(created_at) as oldest from mail where state = 'queued'`;
  return row ?? { open: 0, oldest: null };
}
