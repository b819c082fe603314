import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { startLoop } from '@millrace/runtime/loop.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { claimUnwanted, forgetUnwanted, postponeUnwanted } from './avatar-store.ts';

interface RemovalParts {
  database: Database;
  uploads: Pick<Uploads, 'remove'>;
  clock: Clock;
  random: Random;
  log: Log;
  /** How long it rests when nothing is left to do; five seconds. */
  everyMs?: number;
}

/** Objects of one transaction: it lasts as long as the slowest answer of the bucket, at most three seconds. */
const atOnce = 10;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
const longestDelayMs = 3_600_000;

/** Takes objects away that nobody needs any more, for ever. May run in any number of processes at once. */
export function startObjectRemoval(parts: RemovalParts): Closable {
  return startLoop(parts, {
    complaint: 'objects could not be taken away and will be later',
    everyMs: parts.everyMs ?? 5_000,
    firstPauseMs,
    longestPauseMs,
    step: async () => (await removeSome(parts)) === atOnce,
  });
}

/** @returns how many objects were looked at. */
async function removeSome({ database, uploads, clock, log }: RemovalParts): Promise<number> {
  return database.db.transaction(async (tx) => {
    const now = clock.now();
    const claimed = await claimUnwanted(tx, { now, limit: atOnce });
    const ends = await Promise.allSettled(claimed.map(({ key }) => uploads.remove(key)));
    const gone = claimed.filter((_, place) => ends[place]?.status === 'fulfilled');
    await forgetUnwanted(
      tx,
      gone.map(({ key }) => key),
    );
    for (const [place, { key, attempts }] of claimed.entries()) {
      const end = ends[place];
      if (end?.status !== 'rejected') continue;
      log.warn({ err: end.reason as unknown }, 'an object could not be taken away and will be later');
      const delayMs = Math.min(longestDelayMs, firstPauseMs * 2 ** Math.min(attempts, 20));
      await postponeUnwanted(tx, { key, dueAt: new Date(now.getTime() + delayMs) });
    }
    return claimed.length;
  });
}
