import { isTransient } from '@millrace/runtime/failure.ts';
import { purgeIdempotencyKeys } from '@millrace/runtime/idempotency.ts';
import { startLoop } from '@millrace/runtime/loop.ts';
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
const forgetEveryMs = 5_000;
const purgeEveryMs = 3_600_000;
const purgeRows = 5_000;

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
      await postponeOrder(own.database.sql, { id: orderId, now, until: new Date(now.getTime() + leftAloneMs) });
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

/** Removes keys of requests that nobody repeats any more, a bounded number. @returns how many went. */
export const purgeKeys = (own: Workload<OrderConfig>): Promise<number> =>
  purgeIdempotencyKeys(own.database.sql, { now: own.clock.now(), limit: purgeRows });

/** Keeps the clock of all orders, in any number of processes at once, until it is closed. A lost database only delays it. */
export function startDueOrders(own: Workload<OrderConfig>): Closable {
  const loops = [
    startLoop(own, {
      complaint: 'orders whose time has passed could not be moved and will be soon',
      everyMs: restMs,
      firstPauseMs: 100,
      longestPauseMs: 5_000,
      step: async () => (await moveDueOrders(own)) === ordersAtOnce,
    }),
    startLoop(own, {
      complaint: 'orders of people who were forgotten could not be looked for and will be soon',
      everyMs: forgetEveryMs,
      step: async () => (await forgetLate(own)) > 0,
    }),
    startLoop(own, {
      complaint: 'what is on its way could not be counted',
      everyMs: measureEveryMs,
      step: async () => {
        await measureOrders(own);
        return false;
      },
    }),
    startLoop(own, {
      complaint: 'old keys could not be removed and will be later',
      everyMs: purgeEveryMs,
      step: async () => (await purgeKeys(own)) === purgeRows,
    }),
  ];
  return {
    close: async () => {
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };
}
