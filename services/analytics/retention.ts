import { setTimeout as delay } from 'node:timers/promises';
import { analyticsHotDays } from '@millrace/catalog/services.ts';
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter } from '@millrace/runtime/telemetry.ts';
import type { Chunk } from './retention-store.ts';
import {
  deleteDays,
  deleteDeadBatches,
  deleteEvents,
  deleteQuarters,
  deleteVisits,
  isWarehouseBehind,
} from './retention-store.ts';

export interface RetentionParts {
  database: Database;
  log: Log;
  metrics: Metrics;
  clock: Clock;
}

const dayMs = 86_400_000;
const deadBatchDays = 30;
const rowsPerChunk = 5_000;
const maxChunks = 2_000;
const pauseMs = 20;
const firstRunMs = 60_000;
const everyMs = 3_600_000;

export type Removed = Record<'event' | 'visit' | 'rollup_quarter' | 'rollup_day' | 'dead_batch', number>;

/** Removes what is too old, every hour, in small bites. The inbox is its consumer's to purge. */
export function startRetention(parts: RetentionParts): { close(): Promise<void> } {
  const stop = new AbortController();
  const removed = new Counter({
    name: 'analytics_removed_rows_total',
    help: 'Rows that were too old to keep.',
    labelNames: ['table'],
    registers: [parts.metrics.registry],
  });
  const run = async (): Promise<void> => {
    for (let pause = firstRunMs; !stop.signal.aborted; pause = everyMs) {
      await delay(pause, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      try {
        const counts = await removeOld(parts.database, { now: parts.clock.now(), stop: stop.signal });
        for (const [table, count] of Object.entries(counts)) removed.inc({ table }, count);
      } catch (error) {
        parts.log.warn({ error }, 'removing old rows failed; it goes on in an hour');
      }
    }
  };
  const loop = run();
  return {
    close: async () => {
      stop.abort();
      await loop;
    },
  };
}

/**
 * Removes everything that is too old now. Events stay until the warehouse has them; visits and roll-ups stay
 * as long as it misses any event of their days. Safe to interrupt and to run twice at once.
 */
export async function removeOld(
  database: Pick<Database, 'sql'>,
  options: { now: Date; stop?: AbortSignal; rowsPerChunk?: number },
): Promise<Removed> {
  const { sql } = database;
  const { now, stop } = options;
  const limit = options.rowsPerChunk ?? rowsPerChunk;
  const all = async (remove: (chunk: Chunk) => Promise<number>, before: Date): Promise<number> => {
    let total = 0;
    for (let chunk = 0; chunk < maxChunks && !stop?.aborted; chunk += 1) {
      const count = await remove({ before, limit });
      total += count;
      if (count < limit) break;
      await delay(pauseMs);
    }
    return total;
  };
  const before = midnightBefore(now, analyticsHotDays);
  const event = await all((chunk) => deleteEvents(sql, chunk), before);
  const isHeld = await isWarehouseBehind(sql, before);
  return {
    event,
    visit: isHeld ? 0 : await all((chunk) => deleteVisits(sql, chunk), before),
    rollup_quarter: isHeld ? 0 : await all((chunk) => deleteQuarters(sql, chunk), before),
    rollup_day: isHeld ? 0 : await all((chunk) => deleteDays(sql, chunk), before),
    dead_batch: await all((chunk) => deleteDeadBatches(sql, chunk), midnightBefore(now, deadBatchDays)),
  };
}

function midnightBefore(now: Date, days: number): Date {
  return new Date(Math.floor(now.getTime() / dayMs) * dayMs - days * dayMs);
}
