import { randomUUID } from 'node:crypto';
import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '@millrace/catalog/events/order.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import type { Line } from '../reservation.ts';
import type { Shop } from './shop.ts';

/** An order as its own service knows it. */
export interface TestOrder {
  id: string;
  userId: string;
  lines: Line[];
}

export const anOrder = (...lines: Line[]): TestOrder => ({ id: randomUUID(), userId: randomUUID(), lines });

/** An event of an order, ready to be delivered; the same object again is the same event again. */
export interface OrderEvent<Contract extends EventContract = EventContract> {
  contract: Contract;
  id: string;
  version: number;
  order: TestOrder;
  data: DataOf<Contract>;
}

const total = { amountMinor: 100, currency: 'EUR' as const };

/** OrderPlaced is version 1. */
export const placed = (order: TestOrder, version = 1) =>
  eventOf(OrderPlaced, { order, version, more: { items: order.lines, total } });
export const confirmed = (order: TestOrder, version = 3) =>
  eventOf(OrderConfirmed, { order, version, more: { items: order.lines, total } });
export const rejected = (order: TestOrder, version = 2) =>
  eventOf(OrderRejected, { order, version, more: { reason: 'payment-declined' } });
export const cancelled = (order: TestOrder, version = 5) =>
  eventOf(OrderCancelled, { order, version, more: { reason: 'changed my mind' } });

function eventOf<Contract extends EventContract>(
  contract: Contract,
  facts: { order: TestOrder; version: number; more: object },
): OrderEvent<Contract> {
  const { order, version, more } = facts;
  const data = { orderId: order.id, userId: order.userId, ...more } as unknown as DataOf<Contract>;
  return { contract, id: randomUUID(), version, order, data };
}

/** Delivers events one after the other, each until it is settled. */
export async function deliver(shop: Shop, ...events: OrderEvent[]): Promise<void> {
  for (const { contract, id, version, order, data } of events) {
    await shop.deliver(contract, { id, aggregateId: order.id, aggregateVersion: version, data });
  }
}

/** What was said about an order, in its order. */
export async function answersTo(
  shop: Shop,
  order: TestOrder,
): Promise<{ type: string; version: number; data: object }[]> {
  const events = (await shop.committed()).filter(({ aggregateId }) => aggregateId === order.id);
  return events.map(({ type, aggregateVersion, data }) => ({ type, version: aggregateVersion, data }));
}

/** The state of an order's reservation. */
export async function stateOf(shop: Shop, order: TestOrder): Promise<string | undefined> {
  const [row] = await shop.sql<{ state: string }[]>`select state from reservation where order_id = ${order.id}`;
  return row?.state;
}

/** How much of a product is left. */
export async function availableOf(shop: Shop, productId: string): Promise<number> {
  const [row] = await shop.sql<{ available: string }[]>`select available from stock where product_id = ${productId}`;
  return Number(row?.available);
}

/** Waits until no message is left. */
export const quiet = (shop: Shop, deadlineMs = 30_000): Promise<boolean> =>
  waitFor(async () => (await shop.sql`select 1 from test_message limit 1`).length === 0, deadlineMs);
