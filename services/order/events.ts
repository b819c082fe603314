import type { EventContract } from '@millrace/catalog/event.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded } from '@millrace/catalog/events/payment.ts';
import { ProductChanged, StockRejected, StockReserved } from '@millrace/catalog/events/product.ts';
import type { UserErased } from '@millrace/catalog/events/user.ts';
import type { Handle, Outcome } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { forgetPeople } from './erasure-store.ts';
import type { Order } from './order.ts';
import { orderMetrics } from './order-metrics.ts';
import type { OrderChange } from './order-moves.ts';
import { moveOrder } from './order-moves.ts';
import { lockOrders } from './order-store.ts';
import { keepProducts } from './product-copy-store.ts';
import type { OrderState, Trigger } from './saga.ts';
import { isEnd } from './saga.ts';
import { writeMoves } from './write-moves.ts';

/** How an answer of another service moves the order that it is about. */
interface Answer<Contract extends EventContract> {
  contract: Contract;
  trigger: Trigger;
  /** Why this answer cannot be about this order: then it goes to the dead-letter queue and a person looks. */
  faultOf(order: Order, data: EventEnvelope<Contract>['data']): string | undefined;
  /** What the history says beside the move. */
  noteOf?(data: EventEnvelope<Contract>['data'], order: Order): string | null;
}

/** What this service does with the events of others, by the name of the subscription. */
export function orderReactions(own: Workload<OrderConfig>): Readonly<Record<string, Reaction>> {
  return {
    StockReserved: answered(own, { contract: StockReserved, trigger: 'stock-reserved', faultOf: () => undefined }),
    StockRejected: answered(own, {
      contract: StockRejected,
      trigger: 'stock-rejected',
      faultOf: () => undefined,
      noteOf: ({ isExpired }) => (isExpired === true ? 'the reservation ran out of time' : null),
    }),
    PaymentProcessed: answered(own, {
      contract: PaymentProcessed,
      trigger: 'payment-processed',
      faultOf: (order, { attemptId, total }) =>
        otherAttempt(order, attemptId) ?? (isWhole(order, total) ? undefined : 'amount-differs'),
      noteOf: (_, order) => lateNote(order),
    }),
    PaymentFailed: answered(own, {
      contract: PaymentFailed,
      trigger: 'payment-failed',
      faultOf: (order, { attemptId }) => otherAttempt(order, attemptId),
      noteOf: ({ reason }, order) => lateNote(order) ?? reason,
    }),
    PaymentRefunded: answered(own, {
      contract: PaymentRefunded,
      trigger: 'payment-refunded',
      // What we know to be taken must have gone back as a whole: an order is never cancelled but charged. Where we know of no
      // charge, payment does: its answer says that no money of this attempt is held any more.
      faultOf: (order, { attemptId, total }) =>
        otherAttempt(order, attemptId) ?? (order.isCharged && !isWhole(order, total) ? 'amount-differs' : undefined),
      noteOf: ({ total }, order) => {
        if (total.amountMinor === 0) return 'nothing had been taken';
        return isWhole(order, total) ? null : 'another amount had been taken';
      },
    }),
    ProductChanged: { handle: keepNewer(own), batchSize: 50 },
    UserErased: {
      handle: async (tx, events: EventEnvelope<typeof UserErased>[]) => {
        const userIds = events.map(({ data }) => data.userId.toLowerCase());
        await forgetPeople(tx, { userIds, now: own.clock.now() });
        return applied;
      },
    },
  };
}

const batchSize = 50;

const otherAttempt = (order: Order, attemptId: string): string | undefined =>
  attemptId === order.attemptId ? undefined : 'attempt-differs';
const isWhole = ({ total }: Order, given: Order['total']): boolean =>
  given.amountMinor === total.amountMinor && given.currency === total.currency;
const lateNote = ({ state }: Order): string | null =>
  state === 'withdrawing' ? 'arrived after the refund was asked for' : null;

/** Moves each order by the table: lock, decide, write, publish, all in the consumer's transaction. */
function answered<Contract extends EventContract>(own: Workload<OrderConfig>, answer: Answer<Contract>): Reaction {
  const { log, metrics, clock, random, config: settings } = own;
  const consumer = answer.contract.name;
  const handle: Handle<Contract> = async (tx, events): Promise<Outcome> => {
    const orders = await lockOrders(tx, events.map(orderIdOf));
    const changes: OrderChange[] = [];
    const dead: { eventId: string; reason: string }[] = [];
    for (const event of events) {
      const orderId = orderIdOf(event);
      const order = orders.get(orderId);
      // An order is committed before anybody hears of it: one that is not here is not early, it is none.
      const fault = order ? answer.faultOf(order, event.data) : 'unknown-order';
      if (!order || fault !== undefined) {
        dead.push({ eventId: event.id, reason: fault ?? 'unknown-order' });
        log.error({ eventId: event.id, orderId, fault, consumer }, 'an answer does not fit the order that it is about');
        orderMetrics(metrics).alarms.inc({ reason: fault ?? 'unknown-order' });
        continue;
      }
      const cause = { trigger: answer.trigger, note: answer.noteOf?.(event.data, order) ?? null };
      const moved = moveOrder(order, cause, { now: clock.now(), settings, random });
      if (moved.outcome === 'moved') {
        changes.push(...moved.changes);
        orders.set(orderId, moved.order);
        continue;
      }
      noteRefusal(own, { consumer, order, trigger: answer.trigger });
    }
    await writeMoves(own, tx, changes);
    return dead.length > 0 ? { outcome: 'partly', dead } : applied;
  };
  return { handle, batchSize };
}

const orderIdOf = ({ data }: { data: unknown }): string => (data as { orderId: string }).orderId.toLowerCase();

/** No order of arrival explains these: something left, or was charged, that should not have been. A person must look. */
const contradictions: Readonly<Partial<Record<OrderState, Partial<Record<Trigger, string>>>>> = {
  shipped: { 'stock-rejected': 'shipped-without-stock' },
  delivered: { 'stock-rejected': 'shipped-without-stock' },
  rejected: { 'payment-processed': 'charged-after-refusal' },
};

function noteRefusal(own: Workload<OrderConfig>, refusal: { consumer: string; order: Order; trigger: Trigger }): void {
  const { consumer, order, trigger } = refusal;
  const metrics = orderMetrics(own.metrics);
  messagingMetrics(own.metrics).stale.inc({ consumer });
  metrics.refused.inc({ move: trigger, state: order.state });
  const facts = { orderId: order.id, state: order.state, move: trigger };
  const reason = contradictions[order.state]?.[trigger];
  if (reason !== undefined) {
    metrics.alarms.inc({ reason });
    own.log.error({ ...facts, reason }, 'an answer contradicts what became of its order');
  } else if (isEnd(order.state)) own.log.info(facts, 'an answer came after the order had ended');
  else own.log.warn(facts, 'an answer is no legal move of the order in its present state');
}

/** Keeps what is newer than the own copy; the newest of each product in a batch is enough. */
function keepNewer(own: Workload<OrderConfig>): Handle<typeof ProductChanged> {
  return async (tx, events) => {
    const newest = new Map(
      events
        .toSorted((one, other) => one.aggregateVersion - other.aggregateVersion)
        .map(({ data, aggregateVersion }) => {
          const productId = data.productId.toLowerCase();
          return [productId, { ...data, productId, version: aggregateVersion }] as const;
        }),
    );
    const kept = await keepProducts(sqlOf(tx), [...newest.values()], 'newer');
    messagingMetrics(own.metrics).stale.inc({ consumer: ProductChanged.name }, events.length - kept);
    return applied;
  };
}
