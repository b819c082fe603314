import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { startLoop } from '@millrace/runtime/loop.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { MailMetrics } from './mail-metrics.ts';
import { endWaiting, measureMails } from './mail-store.ts';
import { deleteOldNotices } from './notice-store.ts';

export interface UpkeepParts {
  database: Database;
  metrics: MailMetrics;
  log: Log;
  clock: Clock;
  random: Random;
}

const everyMs = 10_000;
/** An order can overtake the registration of who placed it; longer than this the mail does not wait for an address. */
const contactWaitMs = 3_600_000;
const keepDays = 400;
const dayMs = 86_400_000;
const rowsAtOnce = 1_000;

/** Ends waits that are over, removes what is too old and measures the queue, for ever. */
export function startUpkeep(parts: UpkeepParts): Closable {
  return startLoop(parts, {
    complaint: 'upkeep waits because the database does not answer',
    everyMs,
    firstPauseMs: everyMs,
    longestPauseMs: everyMs * 6,
    step: () => keepUp(parts),
  });
}

/** One round of it; safe to run in several processes at once. @returns whether there is more. */
export async function keepUp({ database, metrics, clock }: Omit<UpkeepParts, 'log' | 'random'>): Promise<boolean> {
  const { db } = database;
  const now = clock.now();
  const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
  const ended = await endWaiting(db, { since: ago(contactWaitMs), now, limit: rowsAtOnce });
  metrics.mails.inc({ outcome: 'none' }, ended);
  const gone = await deleteOldNotices(db, { before: ago(keepDays * dayMs), limit: rowsAtOnce });
  const { open, oldest } = await measureMails(db);
  metrics.open.set(open);
  metrics.oldestSeconds.set(oldest ? Math.max(0, (now.getTime() - oldest.getTime()) / 1_000) : 0);
  return ended === rowsAtOnce || gone === rowsAtOnce;
}
