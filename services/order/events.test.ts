import { randomUUID } from 'node:crypto';
import { PaymentProcessed } from '@millrace/catalog/events/payment.ts';
import { ProductChanged, StockRejected, StockReserved } from '@millrace/catalog/events/product.ts';
import { UserErased } from '@millrace/catalog/events/user.ts';
import { order as orderService } from '@millrace/catalog/services.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetLate, moveDueOrders } from './due-orders.ts';
import type { Shop } from './testing/shop.ts';
import { ada, bob, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const typesOf = async (id: string) =>
  (await shop.committed()).filter(({ aggregateId }) => aggregateId === id).map(({ type }) => type);
const staleOf = async (consumer: string) => {
  const { values } = await messagingMetrics(shop.own.metrics).stale.get();
  return values.find(({ labels }) => labels.consumer === consumer)?.value ?? 0;
};
const reservedData = (orderId: string) => ({
  orderId,
  reservationId: randomUUID(),
  expiresAt: new Date(Date.now() + 900_000).toISOString(),
});
const rejectedData = (orderId: string) => ({ orderId, missing: [{ productId: randomUUID(), quantity: 1 }] });

describe('an answer about an order', () => {
  it('F15 is applied once, however often and however closely it comes', async () => {
    const order = await shop.placed();
    const event = { id: randomUUID(), aggregateId: order.id, data: reservedData(order.id) };
    const { body } = incoming(StockReserved, event);
    await Promise.all(Array.from({ length: 5 }, () => shop.deliverRaw(body, 'StockReserved')));
    await shop.deliver(StockReserved, event);
    expect(await typesOf(order.id)).toEqual(['OrderPlaced', 'PaymentRequested']);
  });
  it('F16 that comes after a later one is skipped and counted', async () => {
    const order = await shop.placed();
    const before = await staleOf('StockReserved');
    await shop.deliver(StockRejected, { aggregateId: order.id, aggregateVersion: 2, data: rejectedData(order.id) });
    await shop.deliver(StockReserved, { aggregateId: order.id, aggregateVersion: 1, data: reservedData(order.id) });
    expect(await shop.stateOf(order.id)).toBe('rejected');
    expect(await typesOf(order.id)).toEqual(['OrderPlaced', 'OrderRejected']);
    expect(await staleOf('StockReserved')).toBe(before + 1);
  });
  it('F16 answers to many orders in any order: each order ends where its own answers lead', async () => {
    const orders = await Promise.all(Array.from({ length: 24 }, () => shop.placed()));
    const stock = orders.map(({ id }, place) =>
      place % 3 === 0
        ? { to: 'StockRejected', body: incoming(StockRejected, { aggregateId: id, data: rejectedData(id) }).body }
        : { to: 'StockReserved', body: incoming(StockReserved, { aggregateId: id, data: reservedData(id) }).body },
    );
    await Promise.all(stock.toReversed().map(({ body, to }) => shop.deliverRaw(body, to)));
    const paid = orders.filter((_, place) => place % 3 === 1);
    await Promise.all(paid.toReversed().map((order) => shop.pay(order)));
    const states = await Promise.all(orders.map(({ id }) => shop.stateOf(id)));
    expect(states).toEqual(orders.map((_, place) => ['rejected', 'confirmed', 'reserved'][place % 3]));
  });
  it('about no order of ours is put aside', async () => {
    const orderId = randomUUID();
    await shop.deliver(StockReserved, { aggregateId: orderId, data: reservedData(orderId) });
    expect((await shop.dead('StockReserved')).at(-1)?.reason).toBe('unknown-order');
  });
  it('beside one about no order of ours is applied', async () => {
    const order = await shop.placed();
    const bodies = [randomUUID(), order.id].map(
      (id) => incoming(StockReserved, { aggregateId: id, data: reservedData(id) }).body,
    );
    await Promise.all(bodies.map((body) => shop.deliverRaw(body, 'StockReserved')));
    expect(await shop.stateOf(order.id)).toBe('reserved');
  });
  it('that says what cannot be raises an alarm: shipped without stock, charged after it was declined', async () => {
    const [shipped, declined] = [await shop.placed(), await shop.placed()];
    for (const { id } of [shipped, declined]) await shop.reserve(id);
    await shop.pay(shipped);
    shop.clock.pass(10);
    await moveDueOrders(shop.own);
    shop.clock.pass(-10);
    await shop.refuseStock(shipped.id);
    await shop.decline(declined);
    await shop.pay(declined);
    expect([await shop.stateOf(shipped.id), await shop.stateOf(declined.id)]).toEqual(['shipped', 'rejected']);
    const figures = await shop.own.metrics.registry.metrics();
    for (const reason of ['shipped-without-stock', 'charged-after-refusal']) {
      expect(figures).toContain(`orders_alarms_total{reason="${reason}"} 1`);
    }
  });
  it.each(orderService.consumes.map(({ event }) => event.name))('F18 poison for %s is put aside', async (name) => {
    await shop.deliverRaw('{"detail": 1', name);
    expect((await shop.dead(name)).at(-1)?.reason).toBe('bad-envelope');
  });
  it('F28 from a clock that is a day wrong counts the same', async () => {
    for (const days of [-1, 1]) {
      const order = await shop.placed();
      const occurredAt = new Date(Date.now() + days * 86_400_000);
      await shop.deliver(StockReserved, { aggregateId: order.id, occurredAt, data: reservedData(order.id) });
      expect(await shop.stateOf(order.id)).toBe('reserved');
    }
  });
  it('F28 a worker whose clock jumps ends orders too soon or too late, and never charges for nothing', async () => {
    const [waiting, paying] = [await shop.placed(), await shop.placed()];
    await shop.reserve(paying.id);
    shop.clock.pass(-86_400);
    expect(await moveDueOrders(shop.own)).toBe(0);
    shop.clock.pass(2 * 86_400);
    while ((await moveDueOrders(shop.own)) > 0) if ((await shop.stateOf(paying.id)) === 'withdrawing') break;
    expect(await shop.stateOf(waiting.id)).toBe('rejected');
    expect(await shop.stateOf(paying.id)).toBe('withdrawing');
    shop.clock.pass(-86_400);
    await shop.pay(paying);
    await shop.refund(paying, paying.total.amountMinor);
    expect(await shop.stateOf(paying.id)).toBe('cancelled');
    expect(await typesOf(paying.id)).toEqual(['OrderPlaced', 'PaymentRequested', 'RefundRequested', 'OrderCancelled']);
  });
});

describe('the copy of products', () => {
  const copyOf = async (id: string) => {
    const [row] = await shop.sql`
      select name, version::int, available, is_active, price_minor::int, currency from product_copy where product_id = ${id}`;
    return row && { ...row };
  };
  it('keeps the newest version, whatever comes when', async () => {
    const productId = await shop.sell({ version: 3, name: 'Three', available: 3 });
    const before = await staleOf('ProductChanged');
    await shop.sell({ productId, version: 2, name: 'Two' });
    await shop.sell({ productId, version: 3, name: 'Three again' });
    expect(await staleOf('ProductChanged')).toBe(before + 2);
    const three = { name: 'Three', version: 3, available: 3, is_active: true, price_minor: 500, currency: 'EUR' };
    expect(await copyOf(productId)).toEqual(three);
    await shop.sell({ productId, version: 9, name: 'Nine', isActive: false, available: 0 });
    expect(await copyOf(productId)).toEqual({ ...three, name: 'Nine', version: 9, available: 0, is_active: false });
  });
  it('takes many versions of one product at once', async () => {
    const productId = randomUUID();
    const bodies = Array.from({ length: 20 }, (_, place) => {
      const data = {
        productId,
        name: `Version ${place}`,
        price: { amountMinor: place, currency: 'EUR' as const },
        isActive: true,
        available: place,
      };
      return incoming(ProductChanged, { aggregateId: productId, aggregateVersion: place + 1, data }).body;
    });
    await Promise.all(bodies.toReversed().map((body) => shop.deliverRaw(body, 'ProductChanged')));
    expect(await copyOf(productId)).toMatchObject({ name: 'Version 19', version: 20 });
  });
});

describe('a person who asks to be forgotten', () => {
  const row = async (id: string) => {
    const [found] = await shop.sql`select user_id, address, state from shop_order where id = ${id}`;
    return found && { ...found };
  };
  it('leaves no name, address or key in orders that have ended, and none in the others when they end', async () => {
    const [carol, dave] = [randomUUID(), bob];
    const [ended, moving, withdrawn, other] = [
      await shop.placed({ sub: carol }),
      await shop.placed({ sub: carol }),
      await shop.placed({ sub: carol }),
      await shop.placed({ sub: dave }),
    ];
    await shop.refuseStock(ended.id);
    await shop.reserve(moving.id);
    await shop.reserve(withdrawn.id);
    const id = await shop.deliver(UserErased, { aggregateId: carol, data: { userId: carol } });
    await shop.deliver(UserErased, { id, aggregateId: carol, data: { userId: carol } });
    expect(await row(ended.id)).toEqual({ user_id: null, address: null, state: 'rejected' });
    expect(await row(moving.id)).toMatchObject({ user_id: carol, state: 'reserved' });
    await shop.cancel(withdrawn.id, carol);
    await shop.refund(withdrawn, 0);
    expect(await row(withdrawn.id)).toEqual({ user_id: null, address: null, state: 'cancelled' });
    await shop.pay(moving);
    shop.clock.pass(10);
    await moveDueOrders(shop.own);
    expect(await row(moving.id)).toMatchObject({ user_id: carol, state: 'shipped' });
    shop.clock.pass(10);
    await moveDueOrders(shop.own);
    expect(await row(moving.id)).toEqual({ user_id: null, address: null, state: 'delivered' });
    const last = (await shop.committed()).filter(({ aggregateId }) => aggregateId === moving.id).at(-1);
    expect(last).toMatchObject({ type: 'OrderDelivered', data: { orderId: moving.id, userId: carol } });
    expect(await shop.sql`select 1 from idempotency_key where caller = ${carol}`).toHaveLength(0);
    expect(await row(other.id)).toMatchObject({ user_id: dave, address: expect.anything() });
  });
});

describe('an order that is being placed while its person is forgotten', () => {
  const row = async (id: string) => {
    const [found] = await shop.sql`select user_id, address, is_erased from shop_order where id = ${id}`;
    return found && { ...found };
  };
  const keysOf = async (caller: string) =>
    (await shop.sql`select 1 from idempotency_key where caller = ${caller}`).length;
  it('is forgotten too; one that is placed later is not', async () => {
    const erin = randomUUID();
    await shop.placed({ sub: ada });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: hold } = Promise.withResolvers<void>();
    const holding = shop.sql.begin(async (tx) => {
      await tx`lock table order_line in share mode`;
      hold();
      await released;
    });
    await locked;
    const placing = shop.placed({ sub: erin });
    // Tests in other databases share the server's locks.
    await waitFor(
      async () =>
        (
          await shop.sql`
            select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        ).length > 0,
    );
    await shop.deliver(UserErased, { aggregateId: erin, data: { userId: erin } });
    release();
    await holding;
    const order = await placing;
    shop.clock.pass(1);
    const later = await shop.placed({ sub: erin });
    await forgetLate(shop.own);
    expect((await row(order.id))?.['is_erased']).toBe(false);
    shop.clock.pass(60);
    await Promise.all([forgetLate(shop.own), forgetLate(shop.own)]);
    expect(await row(order.id)).toMatchObject({ user_id: erin, is_erased: true });
    expect((await row(later.id))?.['is_erased']).toBe(false);
    expect(await keysOf(erin)).toBe(1);
    await shop.refuseStock(order.id);
    expect(await row(order.id)).toEqual({ user_id: null, address: null, is_erased: true });
    expect(await shop.sql`select 1 from forgotten_person`).toHaveLength(0);
  });
});

describe('the payment of an order', () => {
  it('that comes before its stock is no payment of ours', async () => {
    const order = await shop.placed({ sub: ada });
    await shop.deliver(PaymentProcessed, {
      data: { orderId: order.id, paymentId: randomUUID(), attemptId: randomUUID(), total: order.total },
    });
    expect(await shop.stateOf(order.id)).toBe('pending');
    expect((await shop.dead('PaymentProcessed')).at(-1)?.reason).toBe('attempt-differs');
  });
});
