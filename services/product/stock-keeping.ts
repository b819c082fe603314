import type { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '@millrace/catalog/events/order.ts';
import type { Outcome } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import { appendEvents } from '@millrace/runtime/outbox.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter } from '@millrace/runtime/telemetry.ts';
import { answerEvent, productChanged } from './events.ts';
import { nextVersions } from './product-store.ts';
import { recordPurchases } from './recommendation-store.ts';
import type { Levels, Occasion, Plan, Reservation, Step } from './reservation.ts';
import { crossedZero, emptyPlan, follow, hold, mergeLines, movesStock, steps } from './reservation.ts';
import { addReservations, lockDue, lockReservations, lockStock, writePlan } from './reservation-store.ts';

/** What keeping stock stands on. */
export interface StockKeeping {
  clock: Clock;
  random: Random;
  /** How long stock is held. */
  holdMs: number;
  metrics: Pick<Metrics, 'registry'>;
}

/** Holds, sells and gives back stock, as events of orders and the clock ask for it. */
export interface StockKeeper {
  hold(tx: Transaction, events: EventEnvelope<typeof OrderPlaced>[]): Promise<Outcome>;
  confirm(tx: Transaction, events: EventEnvelope<typeof OrderConfirmed>[]): Promise<Outcome>;
  end(tx: Transaction, events: EventEnvelope<typeof OrderRejected | typeof OrderCancelled>[]): Promise<Outcome>;
  /** Gives back what was held too long, for at most `limit` orders. Returns for how many it was. */
  expire(tx: Transaction, limit: number): Promise<number>;
}

interface Work {
  keeping: StockKeeping;
  plan: Plan;
  levels: Levels;
  now: Date;
  correlations: ReadonlyMap<string, string>;
}

export function stockKeeper(keeping: StockKeeping): StockKeeper {
  const { stale } = messagingMetrics(keeping.metrics);
  const states = new Counter({
    name: 'product_reservations_total',
    help: 'Reservations by the state that they came into.',
    labelNames: ['state'],
    registers: [keeping.metrics.registry],
  });
  const finish = async (tx: Transaction, work: Work): Promise<void> => {
    await publishPlan(tx, work);
    for (const { state } of new Set([...work.plan.added, ...work.plan.changed])) states.inc({ state });
  };
  return {
    hold: async (tx, events) => {
      const now = keeping.clock.now();
      const made = events.map((event) => newReservation(event, keeping, now));
      const fresh = await addReservations(tx, made, now);
      // The first of an order: what was added for it is its own row.
      const held = made.filter(({ orderId }) => fresh.delete(orderId));
      stale.inc({ consumer: 'OrderPlaced' }, events.length - held.length);
      const levels = await lockStock(tx, productsOf(held));
      const plan = emptyPlan();
      for (const reservation of held) hold(plan, levels, reservation);
      await finish(tx, { keeping, plan, levels, now, correlations: correlationsOf(events) });
      return applied;
    },
    confirm: async (tx, events) => {
      const done = await followOrders(tx, { keeping, events, occasion: 'confirmed' });
      stale.inc({ consumer: 'OrderConfirmed' }, done.stale);
      await finish(tx, done.work);
      // Every confirmed order counts once, also one whose cancellation came first: the counts do not depend on what came when.
      const purchases = events.map(({ data }) => ({
        userId: idOf(data.userId),
        productIds: mergeLines(data.items).map(({ productId }) => productId),
      }));
      await recordPurchases(tx, purchases, done.work.now);
      return applied;
    },
    end: async (tx, events) => {
      const done = await followOrders(tx, { keeping, events, occasion: 'ended' });
      stale.inc({ consumer: events[0]?.type ?? 'OrderCancelled' }, done.stale);
      await finish(tx, done.work);
      return applied;
    },
    expire: async (tx, limit) => {
      const now = keeping.clock.now();
      const due = [...(await lockDue(tx, { now, limit })).values()];
      const levels = await lockStock(tx, productsOf(due));
      const plan = emptyPlan();
      for (const reservation of due) follow(plan, levels, { reservation, step: 'expire' });
      await finish(tx, { keeping, plan, levels, now, correlations: new Map() });
      return due.length;
    },
  };
}

type OrderMove = EventEnvelope<typeof OrderConfirmed | typeof OrderRejected | typeof OrderCancelled>;

/**
 * Lets each order's reservation take the step that its event asks for, unless a later one was seen.
 * @returns what there is to write, and how many events changed nothing.
 */
async function followOrders(
  tx: Transaction,
  given: { keeping: StockKeeping; events: readonly OrderMove[]; occasion: Occasion },
): Promise<{ work: Work; stale: number }> {
  const { keeping, events, occasion } = given;
  const now = keeping.clock.now();
  const known = await knownReservations(tx, { ...given, now });
  const stepOf = ({ state }: Reservation): Step | undefined => steps[occasion][state];
  const moves = events.flatMap((event) => {
    const reservation = known.get(idOf(event.data.orderId));
    if (!reservation || event.aggregateVersion <= reservation.orderVersion) return [];
    // From here on the rest of the batch knows it too.
    reservation.orderVersion = event.aggregateVersion;
    return [{ reservation, items: 'items' in event.data ? mergeLines(event.data.items) : [] }];
  });
  const moving = moves.filter(({ reservation }) => movesStock(stepOf(reservation)));
  const lines = moving.flatMap(({ reservation, items }) => [...reservation.lines, ...items]);
  const levels = await lockStock(
    tx,
    lines.map(({ productId }) => productId),
  );
  const plan = emptyPlan();
  let stale = events.length;
  for (const { reservation, items } of moves) {
    const step = stepOf(reservation);
    if (step === undefined) continue;
    follow(plan, levels, { reservation, step, items });
    stale -= 1;
  }
  const work = { keeping, plan, levels, now, correlations: correlationsOf(events) };
  return { work, stale };
}

/** Locks what is there. Of an order that was never heard of a row is made that holds nothing, so that no earlier event passes. */
async function knownReservations(
  tx: Transaction,
  given: { keeping: StockKeeping; events: readonly OrderMove[]; now: Date },
): Promise<Map<string, Reservation>> {
  const { keeping, events, now } = given;
  const ids = events.map(({ data }) => idOf(data.orderId));
  const known = await lockReservations(tx, ids);
  const unknown = [...new Set(ids)].filter((id) => !known.has(id));
  if (unknown.length === 0) return known;
  const empty = unknown.map((orderId) => emptyReservation(orderId, { id: keeping.random.uuid(), now }));
  await addReservations(tx, empty, now);
  return lockReservations(tx, ids);
}

/** As if its time had been over before it came: a confirmed order takes its stock at once, an ended one closes it. */
const emptyReservation = (orderId: string, facts: { id: string; now: Date }): Reservation => ({
  orderId,
  id: facts.id,
  state: 'expired',
  version: 0,
  orderVersion: 0,
  expiresAt: facts.now,
  lines: [],
});

function newReservation(event: EventEnvelope<typeof OrderPlaced>, keeping: StockKeeping, now: Date): Reservation {
  return {
    orderId: idOf(event.data.orderId),
    id: keeping.random.uuid(),
    state: 'held',
    version: 1,
    orderVersion: event.aggregateVersion,
    expiresAt: new Date(now.getTime() + keeping.holdMs),
    lines: mergeLines(event.data.items),
  };
}

/** Writes the plan and announces it, with the products whose last piece went or came back. */
async function publishPlan(tx: Transaction, { keeping, plan, levels, now, correlations }: Work): Promise<void> {
  await writePlan(tx, plan, { levels, now });
  const products = await nextVersions(tx, { ids: crossedZero(levels), now });
  const answers = plan.answers.map((answer) =>
    answerEvent(answer, correlations.get(answer.reservation.orderId), keeping),
  );
  await appendEvents(tx, [...answers, ...products.map((row) => productChanged(row, keeping))]);
}

const idOf = (orderId: string): string => orderId.toLowerCase();

const productsOf = (reservations: readonly Reservation[]): string[] =>
  reservations.flatMap(({ lines }) => lines.map(({ productId }) => productId));

const correlationsOf = (events: readonly { correlationId: string; data: { orderId: string } }[]): Map<string, string> =>
  new Map(events.map(({ correlationId, data }) => [idOf(data.orderId), correlationId]));
