// What people are told about, and what of an event is kept to tell it.
import type { DataOf } from '@millrace/catalog/event.ts';
import type { Money, soldLine } from '@millrace/catalog/events/money.ts';
import type {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderRejected,
  OrderShipped,
} from '@millrace/catalog/events/order.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import type { z } from 'zod';

export const noticeKinds = [
  'welcome',
  'order-confirmed',
  'order-rejected',
  'order-cancelled',
  'order-shipped',
  'order-delivered',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** A line of an order, as a notice shows it. */
export interface NoticeLine {
  name: string | null;
  quantity: number;
  unitPrice: Money | null;
}

/** What of the event is told, without who it concerns. Kept as JSON. */
export type NoticeFacts =
  | { kind: 'welcome' }
  | { kind: 'order-confirmed'; total: Money; lines: NoticeLine[]; otherLines: number }
  | { kind: 'order-rejected'; reason: DataOf<typeof OrderRejected>['reason'] }
  | { kind: 'order-cancelled'; reason: string }
  | { kind: 'order-shipped' }
  | { kind: 'order-delivered' };

/** What a service tells one person because of one event. */
export interface Telling {
  eventId: string;
  recipient: string;
  orderId: string | null;
  /** When it happened. */
  at: Date;
  facts: NoticeFacts;
}

/** The contracts of an order's life that people hear of. */
type OrderContract =
  | typeof OrderConfirmed
  | typeof OrderRejected
  | typeof OrderCancelled
  | typeof OrderShipped
  | typeof OrderDelivered;
export type OrderEvent = {
  [Contract in OrderContract as Contract['name']]: EventEnvelope<Contract>;
}[OrderContract['name']];

/** A cart has up to 1,000 lines; nobody reads more than these in a notice. */
const maxLines = 20;

/** What the buyer is told. */
export function tellingOf(event: OrderEvent): Telling {
  const { userId, orderId } = event.data;
  return { eventId: event.id, recipient: userId.toLowerCase(), orderId, at: event.occurredAt, facts: factsOf(event) };
}

function factsOf(event: OrderEvent): NoticeFacts {
  switch (event.type) {
    case 'OrderConfirmed': {
      const { items, total } = event.data;
      const lines = items.slice(0, maxLines).map(lineOf);
      return { kind: 'order-confirmed', total, lines, otherLines: items.length - lines.length };
    }
    case 'OrderRejected':
      return { kind: 'order-rejected', reason: event.data.reason };
    case 'OrderCancelled':
      return { kind: 'order-cancelled', reason: event.data.reason };
    case 'OrderShipped':
      return { kind: 'order-shipped' };
    case 'OrderDelivered':
      return { kind: 'order-delivered' };
  }
}

const lineOf = ({ name, quantity, unitPrice }: z.output<typeof soldLine>): NoticeLine => ({
  name: name ?? null,
  quantity,
  unitPrice: unitPrice ?? null,
});
