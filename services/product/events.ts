import { ProductChanged, StockRejected, StockReserved } from '@millrace/catalog/events/product.ts';
import type { NewEvent } from '@millrace/runtime/outbox.ts';
import { makeEvent } from '@millrace/runtime/outbox.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { ProductRow } from './product.ts';
import type { Answer } from './reservation.ts';

interface Ports {
  clock: Clock;
  random: Random;
}

const maxLineQuantity = 1_000;

/** Says what became of an order's stock. Events about an order have the order's id and the reservation's own versions. */
export function answerEvent(answer: Answer, correlationId: string | undefined, ports: Ports): NewEvent {
  const { orderId, id, version, expiresAt } = answer.reservation;
  const facts = { aggregateId: orderId, aggregateVersion: version, ...(correlationId && { correlationId }) };
  if (answer.answer === 'reserved') {
    const data = { orderId, reservationId: id, expiresAt: expiresAt.toISOString() };
    return makeEvent(StockReserved, { ...facts, data }, ports);
  }
  // An order names each product once; if one does not, its sum may be more than the contract lets a line say.
  const missing = answer.missing.map(({ productId, quantity }) => ({
    productId,
    quantity: Math.min(quantity, maxLineQuantity),
  }));
  const data = { orderId, missing, ...(answer.isExpired && { isExpired: true }) };
  return makeEvent(StockRejected, { ...facts, data }, ports);
}

/** Says how a product is sold from now on. The row's version is new with this event. */
export function productChanged(row: ProductRow, ports: Ports): NewEvent {
  const { id, name, priceMinor, currency, isActive, available, version } = row;
  const data = { productId: id, name, price: { amountMinor: priceMinor, currency }, isActive, available };
  return makeEvent(ProductChanged, { aggregateId: id, aggregateVersion: version, data }, ports);
}
