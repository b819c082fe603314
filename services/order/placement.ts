import { createHash } from 'node:crypto';
import { refuseOtherRequest, requestHash, stillRunning } from '@millrace/runtime/idempotency.ts';
import type { Violation } from '@millrace/runtime/problem.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { currentTrace, nextTraceparent } from '@millrace/runtime/telemetry.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import type { NewOrder, OrderView } from './order.ts';
import { viewAsPlaced } from './order.ts';
import { findOrder, itemsOf } from './order-store.ts';
import type { Placement, PlacementOutcome } from './placement-store.ts';
import { maxItemBytes, maxTotalMinor, placeOrder } from './placement-store.ts';
import type { ProductClient } from './product-client.ts';
import type { ProductFact } from './product-copy-store.ts';
import { findProducts, keepProducts } from './product-copy-store.ts';
import { dueAfter } from './saga.ts';

interface Wish {
  userId: string;
  key: string;
  order: NewOrder;
}

/** Places orders. The same key places once, however often and from wherever it comes. */
export type PlaceOrders = (wish: Wish) => Promise<OrderView>;

const maxAttempts = 3;
const writeRoute = 'POST /api/orders';

/**
 * @throws Problem 409 while a request with the same key runs or something is out of stock, 422 for what cannot be sold or a key
 * that was used for another order, 503 when product has to be asked and does not answer.
 */
export function openPlacement(own: Workload<OrderConfig>, products: ProductClient): PlaceOrders {
  const { sql } = own.database;
  return async (wish) => {
    const placement = prepare(own, wish);
    const place = (): Promise<PlacementOutcome> => placeOrder(sql, placement);
    let result = await place();
    if (result.outcome === 'refused') {
      // The own copy may be behind: product has the last word, and then the same statement decides again.
      await askAgain(own, products, wish.order);
      result = await place();
    }
    for (let attempt = 1; result.outcome === 'overtaken' && attempt < maxAttempts; attempt += 1) result = await place();
    return answerOf(own, { placement, result });
  };
}

async function answerOf(
  own: Workload<OrderConfig>,
  done: { placement: Placement; result: PlacementOutcome },
): Promise<OrderView> {
  const { placement, result } = done;
  switch (result.outcome) {
    case 'placed': {
      const { orderId: id, order, now: placedAt } = placement;
      return viewAsPlaced({ id, total: result.total, address: order.address, placedAt }, result.items);
    }
    case 'repeated':
      return repeatedAnswer(own, placement, result);
    case 'running':
    case 'overtaken':
      throw stillRunning();
    case 'refused':
      return refuse(own, placement.order);
  }
}

function prepare(own: Workload<OrderConfig>, { userId, key, order }: Wish): Placement {
  const { clock, random, config } = own;
  const now = clock.now();
  const dueAt = dueAfter('pending', { now, repeats: 0, settings: config });
  if (!dueAt) throw new Error('A new order has no deadline.');
  return {
    orderId: random.uuid(),
    userId,
    key,
    requestHash: requestHash(writeRoute, order),
    lockKey: createHash('sha256').update(`${userId} ${key}`).digest().readBigInt64BE(0).toString(),
    order,
    eventId: random.uuid(),
    correlationId: currentTrace()?.traceId ?? random.uuid(),
    traceparent: nextTraceparent(),
    now,
    dueAt,
  };
}

async function repeatedAnswer(
  own: Workload<OrderConfig>,
  placement: Placement,
  known: { requestHash: Buffer; orderId: string },
): Promise<OrderView> {
  const { sql } = own.database;
  if (!known.requestHash.equals(placement.requestHash)) refuseOtherRequest();
  const order = await findOrder(sql, { id: known.orderId, userId: placement.userId });
  if (!order) throw new Problem(404, 'not-found', 'There is nothing here.');
  const items = await itemsOf(sql, [order]);
  return viewAsPlaced(order, items.get(order.id) ?? []);
}

/** Asks product for whatever stands in the way of this order, and keeps what it says. */
async function askAgain(own: Workload<OrderConfig>, products: ProductClient, order: NewOrder): Promise<void> {
  const { sql } = own.database;
  const faults = faultsOf(order, await findProducts(sql, productIds(order)));
  // Which line has the wrong currency is not said before all are known.
  const isMixed = faults.some(({ code }) => code === 'mixed-currency');
  const doubtful = isMixed ? productIds(order) : faults.map(({ productId }) => productId);
  await keepProducts(sql, await products.ask(doubtful), 'current');
}

const productIds = (order: NewOrder): string[] => order.items.map(({ productId }) => productId);

type FaultCode = 'unknown-product' | 'retired-product' | 'out-of-stock' | 'mixed-currency';

interface Fault {
  line: number;
  productId: string;
  code: FaultCode;
  message: string;
}

function faultsOf(order: NewOrder, known: ReadonlyMap<string, ProductFact>): Fault[] {
  const currency = order.items.map(({ productId }) => known.get(productId)).find(Boolean)?.price.currency;
  return order.items.flatMap(({ productId, quantity }, line) => {
    const product = known.get(productId);
    const fault = (code: FaultCode, message: string): Fault[] => [{ line, productId, code, message }];
    if (!product) return fault('unknown-product', `There is no product ${productId}.`);
    if (!product.isActive) return fault('retired-product', `${productId} is not sold any more.`);
    if (product.price.currency !== currency) {
      return fault(
        'mixed-currency',
        `${productId} is sold in ${product.price.currency}, the first line in ${currency}.`,
      );
    }
    if (product.available < quantity) {
      return fault('out-of-stock', `${productId}: ${quantity} wanted, ${product.available} in stock.`);
    }
    return [];
  });
}

/** @throws always: a Problem that says for each line what is wrong with it. */
async function refuse(own: Workload<OrderConfig>, order: NewOrder): Promise<never> {
  const known = await findProducts(own.database.sql, productIds(order));
  const faults = faultsOf(order, known);
  const wrong = faults.filter(({ code }) => code !== 'out-of-stock');
  const [first] = wrong;
  if (first) {
    throw new Problem(422, first.code, 'Not everything in this order can be sold.', { errors: wrong.map(violationOf) });
  }
  if (faults.length > 0) {
    throw new Problem(409, 'out-of-stock', 'Not everything in this order is in stock.', {
      errors: faults.map(violationOf),
    });
  }
  if (isTooLarge(order, known)) {
    throw new Problem(422, 'order-too-large', 'This order is larger than one order can be. Send several.');
  }
  // What stood in the way has gone in this moment.
  const retry = { headers: { 'retry-after': '1' } };
  throw new Problem(409, 'conflict', 'A product of this order changed at this moment. Try again.', retry);
}

function isTooLarge(order: NewOrder, known: ReadonlyMap<string, ProductFact>): boolean {
  const lines = order.items.map(({ productId, quantity }) => ({ quantity, product: known.get(productId) }));
  const total = lines.reduce((sum, { quantity, product }) => sum + quantity * (product?.price.amountMinor ?? 0), 0);
  return total > maxTotalMinor || JSON.stringify(lines).length > maxItemBytes / 2;
}

const violationOf = ({ line, code, message }: Fault): Violation => ({
  pointer: `/items/${line}/productId`,
  code,
  message,
});
