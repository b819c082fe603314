import { randomUUID } from 'node:crypto';
import { OrderConfirmed, OrderPlaced } from '@millrace/catalog/events/order.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findImbalances } from './testing/balance.ts';
import {
  anOrder,
  answersTo,
  availableOf,
  cancelled,
  confirmed,
  deliver,
  placed,
  rejected,
  stateOf,
} from './testing/orders.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let nowMs = Date.parse('2026-11-21T12:00:00Z');
const minuteMs = 60_000;
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ clock: { now: () => new Date(nowMs) } });
});
afterAll(() => shop.close());

let one: string;
let two: string;
beforeEach(async () => {
  one = (await shop.add({ name: 'One', stock: 5 })).id;
  two = (await shop.add({ name: 'Two', stock: 3 })).id;
});

const expire = () => shop.own.database.db.transaction((tx) => shop.keeper.expire(tx, 50));
const announced = async (id: string) =>
  (await shop.committed('ProductChanged'))
    .filter((event) => event.aggregateId === id)
    .map(({ aggregateVersion, data }) => [aggregateVersion, data['available']]);
const levels = async () => [await availableOf(shop, one), await availableOf(shop, two)];
const balanced = async () => expect(await findImbalances(shop.sql)).toEqual([]);
const threeAndTwo = () => anOrder({ productId: one, quantity: 3 }, { productId: two, quantity: 2 });

describe('an order that was placed', () => {
  test('holds all its lines for 15 minutes, and says so', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order));
    const expiresAt = new Date(nowMs + 15 * minuteMs).toISOString();
    expect(await answersTo(shop, order)).toEqual([
      { type: 'StockReserved', version: 1, data: { orderId: order.id, reservationId: expect.any(String), expiresAt } },
    ]);
    expect(await levels()).toEqual([2, 1]);
    expect(await stateOf(shop, order)).toBe('held');
    await balanced();
  });
  test('holds nothing when one line is not in stock, and says which', async () => {
    const order = anOrder({ productId: one, quantity: 3 }, { productId: two, quantity: 4 });
    await deliver(shop, placed(order));
    const missing = [{ productId: two, quantity: 4 }];
    expect(await answersTo(shop, order)).toEqual([
      { type: 'StockRejected', version: 1, data: { orderId: order.id, missing } },
    ]);
    expect(await levels()).toEqual([5, 3]);
    await balanced();
  });
  test('holds nothing of a product that is not there or was retired', async () => {
    const nowhere = randomUUID();
    const order = anOrder({ productId: one, quantity: 1 }, { productId: nowhere, quantity: 1 });
    await deliver(shop, placed(order));
    expect(await answersTo(shop, order)).toMatchObject([
      { type: 'StockRejected', data: { missing: [{ productId: nowhere }] } },
    ]);
    await shop.ask('PATCH', `/api/products/${two}`, { body: { isActive: false }, headers: { 'if-match': '*' } });
    const other = anOrder({ productId: two, quantity: 1 });
    await deliver(shop, placed(other));
    expect(await answersTo(shop, other)).toMatchObject([
      { type: 'StockRejected', data: { missing: [{ productId: two }] } },
    ]);
    expect(await levels()).toEqual([5, 3]);
  });
  test('F15 is held once, however often it is said', async () => {
    const order = threeAndTwo();
    const event = placed(order);
    await Promise.all([deliver(shop, event), deliver(shop, event), deliver(shop, event)]);
    await deliver(shop, event, placed(order));
    expect(await answersTo(shop, order)).toHaveLength(1);
    expect(await levels()).toEqual([2, 1]);
    await balanced();
  });
  test('announces a product when its last piece goes and when one comes back, and not in between', async () => {
    const first = anOrder({ productId: two, quantity: 2 });
    const last = anOrder({ productId: two, quantity: 1 });
    await deliver(shop, placed(first));
    expect(await announced(two)).toEqual([[1, 3]]);
    await deliver(shop, placed(last));
    expect(await announced(two)).toEqual([
      [1, 3],
      [2, 0],
    ]);
    await deliver(shop, rejected(first), rejected(last));
    expect(await announced(two)).toEqual([
      [1, 3],
      [2, 0],
      [3, 2],
    ]);
    expect(await shop.show(two)).toMatchObject({ version: 3, available: 3 });
  });
  test('of a thousand lines is held in one go', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, place) => shop.add({ name: `Many ${place}`, stock: 1 })),
    );
    const order = anOrder(...all.map(({ id }) => ({ productId: id, quantity: 1 })));
    await deliver(shop, placed(order));
    expect(await stateOf(shop, order)).toBe('held');
    await deliver(shop, confirmed(order));
    expect(await stateOf(shop, order)).toBe('sold');
    await balanced();
  });
  test('that names a product twice wants both', async () => {
    const order = anOrder({ productId: one, quantity: 3 }, { productId: one, quantity: 3 });
    await deliver(shop, placed(order));
    expect(await answersTo(shop, order)).toMatchObject([
      { type: 'StockRejected', data: { missing: [{ productId: one, quantity: 6 }] } },
    ]);
  });
});

describe('an order that was confirmed', () => {
  test('is sold: its stock does not come back when the time is over', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order), confirmed(order));
    expect(await stateOf(shop, order)).toBe('sold');
    nowMs += 16 * minuteMs;
    await expire();
    expect(await levels()).toEqual([2, 1]);
    expect(await answersTo(shop, order)).toHaveLength(1);
    await balanced();
  });
  test('gives its stock back when it is cancelled', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order), confirmed(order), cancelled(order));
    expect(await stateOf(shop, order)).toBe('returned');
    expect(await levels()).toEqual([5, 3]);
    await balanced();
  });
  test('twice is sold once', async () => {
    const order = threeAndTwo();
    const event = confirmed(order);
    await deliver(shop, placed(order), event, event, confirmed(order), confirmed(order, 4));
    expect(await levels()).toEqual([2, 1]);
    const sold = await shop.sql`select from stock_movement where order_id = ${order.id} and kind = 'sold'`;
    expect(sold).toHaveLength(2);
    await balanced();
  });
});

describe('an order that ended before it was paid', () => {
  test.each([
    ['rejected', rejected],
    ['cancelled', cancelled],
  ] as const)('%s gives back what it held, once', async (_, ended) => {
    const order = threeAndTwo();
    const event = ended(order);
    await deliver(shop, placed(order), event, event, ended(order, 9));
    expect(await levels()).toEqual([5, 3]);
    expect(await stateOf(shop, order)).toBe('returned');
    expect(await answersTo(shop, order)).toHaveLength(1);
    await balanced();
  });
  test.each([
    ['rejected', rejected],
    ['cancelled', cancelled],
  ] as const)('F16 %s before it was placed here holds nothing and says nothing', async (_, ended) => {
    const order = threeAndTwo();
    await deliver(shop, ended(order), placed(order), confirmed(order, 1));
    expect(await levels()).toEqual([5, 3]);
    expect(await answersTo(shop, order)).toEqual([]);
    expect(await stateOf(shop, order)).toBe('returned');
    nowMs += 16 * minuteMs;
    await expire();
    expect(await answersTo(shop, order)).toEqual([]);
    await balanced();
  });
  test('F16 confirmed after it was cancelled stays cancelled', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order), cancelled(order), confirmed(order));
    expect(await levels()).toEqual([5, 3]);
    expect(await stateOf(shop, order)).toBe('returned');
    await balanced();
  });
  test('F16 confirmed before it was placed here takes its stock at once, and the late beginning changes nothing', async () => {
    const order = threeAndTwo();
    await deliver(shop, confirmed(order), placed(order));
    expect(await levels()).toEqual([2, 1]);
    expect(await stateOf(shop, order)).toBe('sold');
    expect(await answersTo(shop, order)).toEqual([]);
    await balanced();
  });
});

describe('messages that cannot be applied', () => {
  test('F18 poison goes to the dead letters with its reason, and its neighbours are applied', async () => {
    const order = threeAndTwo();
    await shop.deliverRaw('{"not": "an event"', 'OrderPlaced');
    const broken = incoming(OrderPlaced, {
      data: { orderId: order.id, userId: order.userId, items: order.lines, total: { amountMinor: 1, currency: 'EUR' } },
    });
    await shop.deliverRaw(broken.body.replace('"quantity":3', '"quantity":-3'), 'OrderPlaced');
    await deliver(shop, placed(order));
    expect((await shop.dead('OrderPlaced')).map(({ reason }) => reason)).toEqual([
      'bad-envelope',
      'bad-event /detail/data/items/0/quantity',
    ]);
    expect(await stateOf(shop, order)).toBe('held');
  });
  test('F17 an event that is older than the inbox remembers is refused', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order), confirmed(order));
    const occurredAt = new Date(nowMs - 31 * 24 * 60 * minuteMs);
    const data = {
      orderId: order.id,
      userId: order.userId,
      items: order.lines,
      total: { amountMinor: 1, currency: 'EUR' as const },
    };
    await shop.deliver(OrderConfirmed, { occurredAt, aggregateVersion: 9, data });
    expect((await shop.dead('OrderConfirmed')).map(({ reason }) => reason)).toEqual(['too-old']);
    expect(await levels()).toEqual([2, 1]);
  });
  test('stale events are counted', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order), rejected(order), rejected(order, 1));
    expect(await shop.own.metrics.registry.metrics()).toMatch(/consumer_stale_total\{consumer="OrderRejected"\} [1-9]/);
  });
});
