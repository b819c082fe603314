// Sends what is due, in any number of processes at once, each mail at least once and always under the same key.
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { writeLetter } from './letter.ts';
import type { MailMetrics } from './mail-metrics.ts';
import type { ClaimedMail } from './mail-store.ts';
import { claimMails, finishMail, postponeMail, returnMails } from './mail-store.ts';
import type { Mailer, Sending } from './mailer.ts';
import { noticeChannel } from './notice-store.ts';

export interface MailLoopParts {
  database: Database;
  mailer: Mailer;
  metrics: MailMetrics;
  log: Log;
  clock: Clock;
  random: Random;
}

/** All of a batch are sent at once: none waits here while its recipient is erased or moves. */
const batchSize = 8;
const sendDeadlineMs = 20_000;
/** Longer than a batch can take, so that no mail is sent twice but after a crash. */
const leaseMs = 60_000;
const restMs = 2_000;
const gatherMs = 100;
const firstRetryMs = 2_000;
const longestRetryMs = 15 * 60_000;
const giveUpMs = 24 * 3_600_000;
/** A mail whose attempts ended the process so often is the cause of it, and is not tried again. */
const maxUnended = 5;
const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** Sends mails until it is closed; what it has begun it ends. */
export async function startMailLoop(parts: MailLoopParts): Promise<Closable> {
  const { database, log, random } = parts;
  const pacer = new Pacer({ random, firstPauseMs, longestPauseMs });
  const unlisten = await database.listen(noticeChannel, pacer.wake, pacer.wake);
  const run = async (): Promise<void> => {
    while (!pacer.isStopped) {
      try {
        const { sent, failed, isMore } = await sendDue(parts, () => pacer.isStopped);
        // Nothing went out: the carrier is away, and more of the same would not help.
        if (failed > 0 && sent === 0) await pacer.backOff();
        else pacer.succeed();
        if (isMore) continue;
        // After one notice others follow: their mails go together.
        if (await pacer.rest(restMs)) await delay(gatherMs, undefined, { signal: pacer.signal }).catch(() => undefined);
      } catch (error) {
        log.warn({ err: error }, 'mails wait because the database does not answer');
        await pacer.backOff();
      }
    }
  };
  const running = run();
  return {
    close: async () => {
      pacer.stop();
      await unlisten();
      await running;
    },
  };
}

/** Sends one batch of what is due. */
export async function sendDue(
  parts: MailLoopParts,
  isStopped: () => boolean = () => false,
): Promise<{ sent: number; failed: number; isMore: boolean }> {
  const { database, clock } = parts;
  const now = clock.now();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  const mails = await claimMails(database.db, { now, leaseUntil, limit: batchSize });
  if (isStopped()) {
    await returnMails(
      database.db,
      mails.map(({ noticeId }) => noticeId),
      now,
    );
    return { sent: 0, failed: 0, isMore: false };
  }
  const ends = await Promise.allSettled(mails.map((mail) => sendOne(parts, mail)));
  const lost = ends.find((end) => end.status === 'rejected');
  if (lost) throw lost.reason;
  const count = (result: Attempt): number =>
    ends.filter((end) => end.status === 'fulfilled' && end.value === result).length;
  const isMore = mails.length === batchSize || mails.some(({ unended }) => unended > 0);
  return { sent: count('ended'), failed: count('postponed'), isMore };
}

type Attempt = 'ended' | 'postponed';

/** @throws what the database throws: then the attempt is not marked, and the mail comes again when its lease is over. */
async function sendOne(parts: MailLoopParts, mail: ClaimedMail): Promise<Attempt> {
  const { database, mailer, metrics, log, clock } = parts;
  const { noticeId, unended } = mail;
  if (unended >= maxUnended) return giveUp(parts, mail, 'unended');
  let sending: Sending;
  try {
    sending = await mailer.send(writeLetter(mail), AbortSignal.timeout(sendDeadlineMs));
  } catch (error) {
    return failOne(parts, mail, error);
  }
  const fault = sending.outcome === 'refused' ? sending.reason : null;
  if (fault) log.warn({ notice: noticeId, fault }, 'a mail was refused for good');
  metrics.mails.inc({ outcome: sending.outcome });
  await finishMail(database.db, { noticeId, state: sending.outcome, fault, at: clock.now() });
  return 'ended';
}

async function failOne(parts: MailLoopParts, mail: ClaimedMail, error: unknown): Promise<Attempt> {
  const { database, metrics, log, clock, random } = parts;
  const { noticeId, attempts, createdAt } = mail;
  const fault = faultOf(error);
  const now = clock.now();
  if (now.getTime() - createdAt.getTime() >= giveUpMs) return giveUp(parts, mail, fault);
  const ceilingMs = Math.min(firstRetryMs * 2 ** Math.min(attempts - 1, 20), longestRetryMs);
  const at = new Date(now.getTime() + ceilingMs * (0.5 + random.fraction() / 2));
  log.warn({ notice: noticeId, attempts, fault, again: at }, 'a mail could not be sent and will be later');
  metrics.mails.inc({ outcome: 'postponed' });
  await postponeMail(database.db, { noticeId, at, fault });
  return 'postponed';
}

async function giveUp(parts: MailLoopParts, mail: ClaimedMail, fault: string): Promise<Attempt> {
  const { database, metrics, log, clock } = parts;
  const { noticeId, attempts } = mail;
  log.error({ notice: noticeId, attempts, fault }, 'a mail was given up');
  metrics.mails.inc({ outcome: 'given-up' });
  await finishMail(database.db, { noticeId, state: 'given-up', fault, at: clock.now() });
  return 'postponed';
}

/** Names and codes alone: what a carrier writes may hold the person's address. */
function faultOf(error: unknown): string {
  const { name, code, responseCode } = error as { name?: string; code?: unknown; responseCode?: number };
  return [name ?? 'Error', code, responseCode].filter(Boolean).join(' ').slice(0, 100);
}
