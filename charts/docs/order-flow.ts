import type { EventContract } from '@millrace/catalog/event.ts';
import {
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  PaymentRequested,
} from '@millrace/catalog/events/order.ts';
import { PaymentFailed, PaymentProcessed } from '@millrace/catalog/events/payment.ts';
import { StockRejected, StockReserved } from '@millrace/catalog/events/product.ts';

/** The events of an order that goes well, in their order. `make cost` counts what a thousand of them publish and deliver. */
export const happyOrder: readonly EventContract[] = [
  OrderPlaced,
  StockReserved,
  PaymentRequested,
  PaymentProcessed,
  OrderConfirmed,
  OrderShipped,
  OrderDelivered,
];

/** Where an order leaves the happy path: after which event, why, and what is published instead. */
export const departures: readonly { after: EventContract; when: string; events: readonly EventContract[] }[] = [
  { after: OrderPlaced, when: 'out of stock', events: [StockRejected, OrderRejected] },
  { after: PaymentRequested, when: 'payment declined', events: [PaymentFailed, OrderRejected] },
];
