import type { DataOf } from '@millrace/catalog/event.ts';
import type { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '@millrace/catalog/events/order.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { storeShopOrders } from './shop-store.ts';

/** What became of an order, as far as the shop's figures count it. */
export type ShopState = 'placed' | 'confirmed' | 'rejected' | 'cancelled';

/** What one event says about an order. Those of a refusal know no amount. */
export interface ShopChange {
  orderId: string;
  version: number;
  state: ShopState;
  at: Date;
  total: { amountMinor: number; currency: string } | undefined;
}

type ShopEvent = EventEnvelope<
  typeof OrderPlaced | typeof OrderConfirmed | typeof OrderRejected | typeof OrderCancelled
>;

const states: Record<ShopEvent['type'], ShopState> = {
  OrderPlaced: 'placed',
  OrderConfirmed: 'confirmed',
  OrderRejected: 'rejected',
  OrderCancelled: 'cancelled',
};

/** Counts orders. Their events may arrive in any order: the highest version says what became of it. */
export function shopReaction(metrics: Pick<Metrics, 'registry'>): Reaction {
  const { stale } = messagingMetrics(metrics);
  return {
    batchSize: 100,
    gatherMs: 250,
    handle: async (tx, events: ShopEvent[]) => {
      const late = await storeShopOrders(tx, events.map(changeOf));
      stale.inc({ consumer: 'OrderPlaced' }, late);
      return applied;
    },
  };
}

function changeOf({ type, data, aggregateVersion, occurredAt }: ShopEvent): ShopChange {
  const { orderId, total } = data as DataOf<typeof OrderPlaced> & { total?: DataOf<typeof OrderPlaced>['total'] };
  return {
    orderId,
    version: aggregateVersion,
    state: states[type],
    at: occurredAt,
    total,
  };
}
