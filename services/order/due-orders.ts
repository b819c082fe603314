import { isTransient } from '@millrace/runtime/failure.ts';
import { purgeIdempotencyKeys } from '@millrace/runtime/idempotency.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { forgetLatecomers } from './erasure-store.ts';
import type { Order } from './order.ts';
import { orderMetrics } from './order-metrics.ts';
import { moveOrder } from './order-moves.ts';
import { claimDueOrders, postponeOrder, readUnfinished } from './order-store.ts';
import { writeMoves } from './write-moves.ts';

const ordersAtOnce = 100;
const leftAloneMs = 300_000;
const restMs = 250;
const measureEveryMs = 5_000;
/** Longer than any placement takes: two statements, product's answers, and waiting for a connection. */
const longestPlacementMs = 60_000;
const peopleAtOnce = 100;
const purgeEveryMs = 3_600_000;
const purgeRows = 5_000;
const purgeRounds = 20;

/**
 * Moves orders whose time in their state has passed. At most a hundred, in one transaction; another process takes others.
 * @returns how many were claimed.
 */
export async function moveDueOrders(own: Workload<OrderConfig>): Promise<number> {
  const now = own.clock.now();
  try {
    return (await moveDue(own, now, ordersAtOnce)).length;
  } catch (error) {
    if (isTransient(error)) throw error;
    own.log.error({ error }, 'an order cannot be moved; the others that are due with it are moved one by one');
    return moveOneByOne(own, now);
  }
}

/** An order that cannot be moved waits for a person; it holds up no other. */
async function moveOneByOne(own: Workload<OrderConfig>, now: Date): Promise<number> {
  for (let count = 0; count < ordersAtOnce; count += 1) {
    let claimed: readonly string[] = [];
    const note = (ids: readonly string[]): void => {
      claimed = ids;
    };
    try {
      if ((await moveDue(own, now, 1, note)).length === 0) return count;
    } catch (error) {
      const [orderId] = claimed;
      if (isTransient(error) || orderId === undefined) throw error;
      own.log.error({ error, orderId }, 'an order cannot be moved and is left alone for a while');
      orderMetrics(own.metrics).alarms.inc({ reason: 'cannot-move' });
      await postponeOrder(own.database.sql, { id: orderId, until: new Date(now.getTime() + leftAloneMs) });
    }
  }
  return ordersAtOnce;
}

async function moveDue(
  own: Workload<OrderConfig>,
  now: Date,
  limit: number,
  note: (ids: readonly string[]) => void = () => undefined,
): Promise<readonly Order[]> {
  const { database, random, config: settings, log } = own;
  const { due, repeated } = await database.db.transaction(async (tx) => {
    const claimed = await claimDueOrders(tx, { now, limit });
    note(claimed.map(({ id }) => id));
    const changes = claimed.flatMap((order) => {
      const moved = moveOrder(order, { trigger: 'time-passed' }, { now, settings, random });
      if (moved.outcome === 'refused') throw new Error(`The table says nothing for the time of ${order.state}.`);
      return moved.changes;
    });
    await writeMoves(own, tx, changes);
    return { due: claimed, repeated: changes.filter(({ after }) => after.repeats > 0) };
  });
  for (const { after } of repeated) {
    const facts = { orderId: after.id, repeats: after.repeats };
    log.error(facts, 'a refund was not answered in time and is asked for again');
  }
  return due;
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

/** Forgets orders that were being placed while their person was forgotten. @returns how many. */
export async function forgetLate(own: Workload<OrderConfig>): Promise<number> {
  const until = new Date(own.clock.now().getTime() - longestPlacementMs);
  return own.database.db.transaction((tx) => forgetLatecomers(tx, { until, limit: peopleAtOnce }));
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
  const forget = every(measureEveryMs, () => forgetLate(own));
  const purge = every(purgeEveryMs, () => purgeKeys(own));
  const run = async (): Promise<void> => {
    while (!pacer.isStopped) {
      try {
        const claimed = await moveDueOrders(own);
        await measure();
        await forget();
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
