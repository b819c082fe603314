// An order service for tests: everything real but the processes, the bus, and product, which a small server plays.
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PaymentFailed, PaymentProcessed, PaymentRefunded } from '@millrace/catalog/events/payment.ts';
import { ProductChanged, StockRejected, StockReserved } from '@millrace/catalog/events/product.ts';
import { order } from '@millrace/catalog/services.ts';
import { as } from '@millrace/runtime/testing/callers.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import type { OrderConfig } from '../config.ts';
import { orderReactions } from '../events.ts';
import type { OrderView } from '../order.ts';
import type { ProductClient } from '../product-client.ts';
import { openProductClient } from '../product-client.ts';
import { orderRoutes } from '../routes.ts';

/** A clock that only a test moves: what is due does not depend on how long a test takes. Each look is a millisecond later. */
export interface TestClock {
  now(): Date;
  pass(seconds: number): void;
  set(at: Date): void;
}

export interface ProductFact {
  productId: string;
  version: number;
  name: string;
  price: { amountMinor: number; currency: 'EUR' | 'USD' };
  isActive: boolean;
  available: number;
}

export interface Shop extends TestService<OrderConfig> {
  clock: TestClock;
  /** What product answers; a test adds to it or makes it fail. */
  product: { known: Map<string, ProductFact>; asked: string[]; answer: 'well' | 'never' | 'badly'; url: string };
  products: ProductClient;
  /** Tells this service of a product, as product's event does, and gives its id. */
  sell(changes?: Partial<ProductFact>): Promise<string>;
  place(body: unknown, options?: { sub?: string; key?: string | null }): Promise<Response>;
  /** Places an order of one piece and gives it. */
  placed(options?: { sub?: string; token?: string; amountMinor?: number }): Promise<OrderView>;
  read(id: string, sub?: string): Promise<OrderView>;
  cancel(id: string, sub?: string): Promise<Response>;
  /** The answers of product and payment. */
  reserve(orderId: string): Promise<string>;
  refuseStock(orderId: string, isExpired?: boolean): Promise<string>;
  pay(order: OrderView, changes?: { attemptId?: string; amountMinor?: number }): Promise<string>;
  decline(order: OrderView): Promise<string>;
  refund(order: OrderView, amountMinor: number): Promise<string>;
  attemptOf(orderId: string): Promise<string>;
  /** The state as the database has it. */
  stateOf(orderId: string): Promise<string>;
}

export const address = { name: 'Ada', street: 'Ring 1', city: 'Wien', postalCode: '1010', country: 'AT' };
export const ada = '018f0000-0000-7000-8000-00000000ada0';
export const bob = '018f0000-0000-7000-8000-00000000b0b0';

/** What product says of a thing that is sold. */
export const fact = (productId: string, changes: Partial<ProductFact> = {}): ProductFact => ({
  productId,
  version: 1,
  name: 'A thing',
  price: { amountMinor: 500, currency: 'EUR' },
  isActive: true,
  available: 100,
  ...changes,
});

export const testSettings = {
  ISSUER_URL: 'http://127.0.0.1:9',
  JWKS_URL: 'http://127.0.0.1:9/jwks',
  CLIENT_IDS: ['page'],
  SIGNING_KEY: 'a key of more than thirty-two characters',
  STOCK_DEADLINE_SECONDS: 20,
  PAYMENT_DEADLINE_SECONDS: 30,
  REFUND_DEADLINE_SECONDS: 60,
  SHIP_AFTER_SECONDS: 10,
  DELIVER_AFTER_SECONDS: 10,
};

/** Opens an order service with its product. */
export async function openShop(): Promise<Shop> {
  const product: Shop['product'] = { known: new Map(), asked: [], answer: 'well', url: '' };
  const server = await startProduct(product);
  const products = openProductClient(product.url);
  const clock = testClock();
  const service = await openTestService<OrderConfig>({
    service: order,
    migrations: join(import.meta.dirname, '..', 'migrations'),
    config: { ...testSettings, PRODUCT_URL: product.url },
    routes: (own) => orderRoutes(own, products),
    reactions: orderReactions,
    clock,
  });
  return {
    ...service,
    clock,
    product,
    products,
    ...customers(service),
    ...answers(service),
    close: async () => {
      await service.close();
      products.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

function testClock(): TestClock {
  let nowMs = Date.now();
  return {
    now: () => {
      nowMs += 1;
      return new Date(nowMs);
    },
    pass: (seconds) => {
      nowMs += seconds * 1_000;
    },
    set: (at) => {
      nowMs = at.getTime();
    },
  };
}

async function startProduct(product: Shop['product']): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const id = incoming.url?.split('/').at(-1) ?? '';
    product.asked.push(id);
    if (product.answer === 'never') return;
    const fact = product.known.get(id);
    const isBad = product.answer === 'badly';
    outgoing.writeHead(isBad ? 500 : fact ? 200 : 404, { 'content-type': 'application/json' });
    const { productId, ...rest } = fact ?? { productId: id };
    outgoing.end(JSON.stringify({ id: productId, ...rest, description: 'a thing', imageUrl: null }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  product.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return server;
}

function customers({ app, deliver }: TestService<OrderConfig>) {
  const sell: Shop['sell'] = async (changes = {}) => {
    const productId = changes.productId ?? randomUUID();
    const { version = 1, ...data } = changes;
    const thing = { productId, name: 'A thing', price: { amountMinor: 500, currency: 'EUR' as const } };
    await deliver(ProductChanged, {
      aggregateId: productId,
      aggregateVersion: version,
      data: { ...thing, isActive: true, available: 100, ...data },
    });
    return productId;
  };
  const place: Shop['place'] = async (body, { sub = ada, key = randomUUID() } = {}) =>
    app.request('/api/orders', {
      method: 'POST',
      headers: { ...as(sub), 'content-type': 'application/json', ...(key !== null && { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });
  const placed: Shop['placed'] = async ({ sub = ada, token = 'tok_ok', amountMinor = 500 } = {}) => {
    const productId = await sell({ price: { amountMinor, currency: 'EUR' } });
    const response = await place({ items: [{ productId, quantity: 1 }], address, paymentToken: token }, { sub });
    if (response.status !== 202) throw new Error(`not placed: ${await response.text()}`);
    return (await response.json()) as OrderView;
  };
  const read: Shop['read'] = async (id, sub = ada) =>
    (await (await app.request(`/api/orders/${id}`, { headers: as(sub) })).json()) as OrderView;
  const cancel: Shop['cancel'] = async (id, sub = ada) =>
    app.request(`/api/orders/${id}/cancel`, { method: 'POST', headers: as(sub) });
  return { sell, place, placed, read, cancel };
}

function answers({ sql, deliver }: TestService<OrderConfig>) {
  const attemptOf: Shop['attemptOf'] = async (orderId) => {
    const [row] = await sql<{ attemptId: string | null }[]>`
      select attempt_id as "attemptId" from shop_order where id = ${orderId}`;
    return row?.attemptId ?? randomUUID();
  };
  const stateOf: Shop['stateOf'] = async (orderId) => {
    const [row] = await sql<{ state: string }[]>`select state from shop_order where id = ${orderId}`;
    return row?.state ?? 'none';
  };
  const stock = { aggregateVersion: 1 };
  const reference = async (orderId: string) => ({
    orderId,
    paymentId: randomUUID(),
    attemptId: await attemptOf(orderId),
  });
  const reserve: Shop['reserve'] = (orderId) =>
    deliver(StockReserved, {
      ...stock,
      aggregateId: orderId,
      data: { orderId, reservationId: randomUUID(), expiresAt: new Date(Date.now() + 900_000).toISOString() },
    });
  const refuseStock: Shop['refuseStock'] = (orderId, isExpired) =>
    deliver(StockRejected, {
      ...stock,
      aggregateId: orderId,
      data: {
        orderId,
        missing: [{ productId: randomUUID(), quantity: 1 }],
        ...(isExpired !== undefined && { isExpired }),
      },
    });
  const pay: Shop['pay'] = async ({ id, total }, changes = {}) => {
    const { attemptId, amountMinor = total.amountMinor } = changes;
    const data = { ...(await reference(id)), ...(attemptId && { attemptId }), total: { ...total, amountMinor } };
    return deliver(PaymentProcessed, { data });
  };
  const decline: Shop['decline'] = async ({ id }) =>
    deliver(PaymentFailed, { data: { ...(await reference(id)), reason: 'declined' } });
  const refund: Shop['refund'] = async ({ id, total }, amountMinor) =>
    deliver(PaymentRefunded, { data: { ...(await reference(id)), total: { ...total, amountMinor } } });
  return { attemptOf, stateOf, reserve, refuseStock, pay, decline, refund };
}
