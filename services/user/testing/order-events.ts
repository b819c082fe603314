import { randomUUID } from 'node:crypto';
import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '@millrace/catalog/events/order.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import type { TestMessage } from './user-service.ts';

/** The lives of an order that mean something for points. */
export const lives = {
  open: ['OrderPlaced'],
  kept: ['OrderPlaced', 'OrderConfirmed'],
  rejected: ['OrderPlaced', 'OrderRejected'],
  cancelled: ['OrderPlaced', 'OrderCancelled'],
  'taken back': ['OrderPlaced', 'OrderConfirmed', 'OrderCancelled'],
} as const;
export type Life = keyof typeof lives;
export type OrderEventName = (typeof lives)[Life][number];

/** The version of an order at each of its events, as the saga counts them. */
export const versions: Record<OrderEventName, number> = {
  OrderPlaced: 1,
  OrderConfirmed: 4,
  OrderRejected: 2,
  OrderCancelled: 6,
};

export interface TestOrder {
  orderId: string;
  userId: string;
  amountMinor: number;
}

export const newOrder = (userId: string, amountMinor = 12_345): TestOrder => ({
  orderId: randomUUID(),
  userId,
  amountMinor,
});

/** The message of one event of an order. */
export function orderMessage(
  name: OrderEventName,
  order: TestOrder,
  facts: { version?: number; at?: Date } = {},
): TestMessage {
  const { orderId, userId, amountMinor } = order;
  const items = [{ productId: randomUUID(), quantity: 1 }];
  const total = { amountMinor, currency: 'EUR' as const };
  const { version: aggregateVersion = versions[name], at: occurredAt = new Date() } = facts;
  const about = { aggregateId: orderId, aggregateVersion, occurredAt };
  const bodies: Record<OrderEventName, () => string> = {
    OrderPlaced: () => incoming(OrderPlaced, { ...about, data: { orderId, userId, items, total } }).body,
    OrderConfirmed: () => incoming(OrderConfirmed, { ...about, data: { orderId, userId, items, total } }).body,
    OrderRejected: () => incoming(OrderRejected, { ...about, data: { orderId, userId, reason: 'deadline' } }).body,
    OrderCancelled: () => incoming(OrderCancelled, { ...about, data: { orderId, userId, reason: 'asked' } }).body,
  };
  return { to: name, body: bodies[name]() };
}
