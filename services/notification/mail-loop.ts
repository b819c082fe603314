// Sends what is due, in any number of processes at once, each mail at least once and always under the same key.
import type { Database } from '@millrace/runtime/database.ts';
import { inParallel } from '@millrace/runtime/in-parallel.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { writeLetter } from './letter.ts';
import type { MailMetrics } from './mail-metrics.ts';
import type { ClaimedMail } from './mail-store.ts';
import { claimMails, finishMail, postponeMail, returnMails } from './mail-store.ts';
import type { Mailer } from './mailer.ts';
import { noticeChannel } from './notice-store.ts';

export interface MailLoopParts {
  database: Database;
  mailer: Mailer;
  metrics: MailMetrics;
  log: Log;
  clock: Clock;
  random: Random;
}

const batchSize = 16;
const concurrency = 8;
const sendDeadlineMs = 20_000;
/** Longer than a batch can take, so that no mail is sent twice but after a crash. */
const leaseMs = 60_000;
const restMs = 2_000;
const firstRetryMs = 2_000;
const longestRetryMs = 15 * 60_000;
const giveUpMs = 24 * 3_600_000;
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
        if (!isMore) await pacer.rest(restMs);
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
  const results = await inParallel(mails, concurrency, async (mail) => {
    if (isStopped()) return 'returned';
    return sendOne(parts, mail);
  });
  const returned = mails.filter((_, place) => results[place] === 'returned').map(({ noticeId }) => noticeId);
  await returnMails(database.db, returned, now);
  const count = (result: string): number => results.filter((each) => each === result).length;
  return { sent: count('ended'), failed: count('postponed'), isMore: mails.length === batchSize };
}

async function sendOne(parts: MailLoopParts, mail: ClaimedMail): Promise<'ended' | 'postponed'> {
  const { database, mailer, metrics, log, clock } = parts;
  const { noticeId } = mail;
  try {
    const sending = await mailer.send(writeLetter(mail), AbortSignal.timeout(sendDeadlineMs));
    const fault = sending.outcome === 'refused' ? sending.reason : null;
    if (fault) log.warn({ notice: noticeId, fault }, 'a mail was refused for good');
    metrics.mails.inc({ outcome: sending.outcome });
    await finishMail(database.db, { noticeId, state: sending.outcome, fault, at: clock.now() });
    return 'ended';
  } catch (error) {
    return failOne(parts, mail, error);
  }
}

async function failOne(parts: MailLoopParts, mail: ClaimedMail, error: unknown): Promise<'postponed'> {
  const { database, metrics, log, clock, random } = parts;
  const { noticeId, attempts, createdAt } = mail;
  const fault = faultOf(error);
  const now = clock.now();
  if (now.getTime() - createdAt.getTime() >= giveUpMs) {
    log.error({ notice: noticeId, attempts, fault }, 'a mail was given up');
    metrics.mails.inc({ outcome: 'given-up' });
    await finishMail(database.db, { noticeId, state: 'given-up', fault, at: now });
    return 'postponed';
  }
  const ceilingMs = Math.min(firstRetryMs * 2 ** Math.min(attempts - 1, 20), longestRetryMs);
  const at = new Date(now.getTime() + ceilingMs * (0.5 + random.fraction() / 2));
  log.warn({ notice: noticeId, attempts, fault, again: at }, 'a mail could not be sent and will be later');
  metrics.mails.inc({ outcome: 'postponed' });
  await postponeMail(database.db, { noticeId, at, fault });
  return 'postponed';
}

/** Names and codes alone: what a carrier writes may hold the person's address. */
function faultOf(error: unknown): string {
  const { name, code, responseCode } = error as { name?: string; code?: unknown; responseCode?: number };
  return [name ?? 'Error', code, responseCode].filter(Boolean).join(' ').slice(0, 100);
}
