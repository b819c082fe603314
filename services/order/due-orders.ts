import { purgeIdempotencyKeys } from '@millrace/runtime/idempotency.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { orderMetrics } from './order-metrics.ts';
import { moveOrder } from './order-moves.ts';
import { claimDueOrders, readUnfinished } from './order-store.ts';
import { writeMoves } from './write-moves.ts';

const ordersAtOnce = 100;
const restMs = 250;
const measureEveryMs = 5_000;
const purgeEveryMs = 3_600_000;
const purgeRows = 5_000;
const purgeRounds = 20;

/**
 * Moves orders whose time in their state has passed. At most a hundred, in one transaction; another process takes others.
 * @returns how many were claimed.
 */
export async function moveDueOrders(own: Workload<OrderConfig>): Promise<number> {
  const { database, clock, random, config: settings, log } = own;
  const now = clock.now();
  const { claimed, repeated } = await database.db.transaction(async (tx) => {
    const due = await claimDueOrders(tx, { now, limit: ordersAtOnce });
    const changes = due.flatMap((order) => {
      const moved = moveOrder(order, { trigger: 'time-passed' }, { now, settings, random });
      if (moved.outcome === 'refused') throw new Error(`The table says nothing for the time of ${order.state}.`);
      return moved.changes;
    });
    await writeMoves(own, tx, changes);
    return { claimed: due.length, repeated: changes.filter(({ after }) => after.repeats > 0) };
  });
  for (const { after } of repeated) {
    const facts = { orderId: after.id, repeats: after.repeats };
    log.error(facts, 'a refund was not answered in time and is asked for again');
  }
  return claimed;
}

/** Says what is on its way, and for how long. */
export async function measureOrders(own: Workload<OrderConfig>): Promise<void> {
  const { oldestPlacedAt, overdue } = await readUnfinished(own.database.sql);
  const metrics = orderMetrics(own.metrics);
  metrics.overdue.set(overdue);
  metrics.oldestSeconds.set(
    oldestPlacedAt ? Math.max(0, own.clock.now().getTime() - oldestPlacedAt.getTime()) / 1_000 : 0,
  );
}

/** Removes keys of requests that nobody repeats any more. @returns how many went. */
export async function purgeKeys(own: Workload<OrderConfig>): Promise<number> {
  let total = 0;
  for (let round = 0; round < purgeRounds; round += 1) {
    const gone = await purgeIdempotencyKeys(own.database.sql, { now: own.clock.now(), limit: purgeRows });
    total += gone;
    if (gone < purgeRows) break;
  }
  return total;
}

/** Keeps the clock of all orders, in any number of processes at once, until it is closed. A lost database only delays it. */
export function startDueOrders(own: Workload<OrderConfig>): Closable {
  const pacer = new Pacer({ random: own.random, firstPauseMs: 100, longestPauseMs: 5_000 });
  const measure = every(measureEveryMs, () => measureOrders(own));
  const purge = every(purgeEveryMs, () => purgeKeys(own));
  const run = async (): Promise<void> => {
    while (!pacer.isStopped) {
      try {
        const claimed = await moveDueOrders(own);
        await measure();
        await purge();
        pacer.succeed();
        if (claimed < ordersAtOnce) await pacer.rest(restMs);
      } catch (error) {
        own.log.warn({ error }, 'orders whose time has passed could not be moved and will be soon');
        await pacer.backOff();
      }
    }
  };
  const running = run();
  return {
    close: async () => {
      pacer.stop();
      await running;
    },
  };
}

/** Does something at most so often: at the first call, and again when the time is over. */
function every(milliseconds: number, work: () => Promise<unknown>): () => Promise<void> {
  let nextMs = 0;
  return async () => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + milliseconds;
    await work();
  };
}
