import { purgeIdempotencyKeys } from '@millrace/runtime/idempotency.ts';
import { startLoop } from '@millrace/runtime/loop.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';
import { lockOldUploads, postponeUpload, removeUpload } from './image-store.ts';
import { purgeErased } from './recommendation-store.ts';
import { purgeReservations } from './reservation-store.ts';

const everyMs = 60_000;
const rowsAtOnce = 1_000;
const uploadsAtOnce = 10;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Two URLs' lives: nobody looks at a replaced image any more. */
const uploadOverMs = 2 * hourMs;
const marginDays = 7;

/** Removes what nobody needs: used keys, ended reservations, ids of erased people, and uploads that came to nothing. */
export function startHousekeeping(own: Workload<ProductConfig>, uploads: Uploads): Closable {
  return startLoop(own, {
    complaint: 'what is over could not be removed',
    everyMs,
    step: () => keepHouse(own, uploads),
  });
}

/** One round of it. @returns whether there is more. */
export async function keepHouse(own: Workload<ProductConfig>, uploads: Uploads): Promise<boolean> {
  const { database, clock, service, log } = own;
  const now = clock.now();
  const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
  // Older events are refused, so that nothing can ask for these rows.
  const before = ago((service.inboxDays + marginDays) * dayMs);
  const limit = rowsAtOnce;
  const keys = await purgeIdempotencyKeys(database.sql, { now, limit });
  const reservations = await database.db.transaction((tx) => purgeReservations(tx, { before, limit }));
  const people = await database.db.transaction((tx) => purgeErased(tx, { before, limit }));
  const old = await database.db.transaction(async (tx) => {
    const found = await lockOldUploads(tx, { over: ago(uploadOverMs), unused: ago(dayMs), limit: uploadsAtOnce });
    const ends = await Promise.allSettled(found.map((key) => uploads.remove(key)));
    for (const [place, key] of found.entries()) {
      const end = ends[place];
      if (end?.status === 'fulfilled') await removeUpload(tx, key);
      else {
        log.warn({ err: end?.reason as unknown }, 'an image could not be removed and will be later');
        await postponeUpload(tx, { key, now });
      }
    }
    return found.length;
  });
  return [keys, reservations, people].includes(limit) || old === uploadsAtOnce;
}
