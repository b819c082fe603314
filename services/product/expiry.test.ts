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

describe('stock that was held too long', () => {
  test('goes back and is announced, for each order once', async () => {
    const order = anOrder({ productId: two, quantity: 3 });
    await deliver(shop, placed(order));
    nowMs += 15 * minuteMs - 1;
    expect(await expire()).toBe(0);
    nowMs += 1;
    const counts = await Promise.all([expire(), expire(), expire()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await expire()).toBe(0);
    const missing = [{ productId: two, quantity: 3 }];
    expect((await answersTo(shop, order)).at(-1)).toEqual({
      type: 'StockRejected',
      version: 2,
      data: { orderId: order.id, missing, isExpired: true },
    });
    expect(await announced(two)).toEqual([
      [1, 3],
      [2, 0],
      [3, 3],
    ]);
    await balanced();
  });
  test('is taken again for a payment that came late, if it is still there', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order));
    nowMs += 16 * minuteMs;
    await expire();
    expect(await levels()).toEqual([5, 3]);
    await deliver(shop, confirmed(order));
    expect(await stateOf(shop, order)).toBe('sold');
    expect(await levels()).toEqual([2, 1]);
    expect(await answersTo(shop, order)).toHaveLength(2);
    await balanced();
  });
  test('is missed by a payment that came late when it is gone: the order hears it and then gives nothing back', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order));
    nowMs += 16 * minuteMs;
    await expire();
    await deliver(shop, placed(anOrder({ productId: two, quantity: 2 })));
    await deliver(shop, confirmed(order));
    const missing = [{ productId: two, quantity: 2 }];
    expect((await answersTo(shop, order)).at(-1)).toEqual({
      type: 'StockRejected',
      version: 3,
      data: { orderId: order.id, missing },
    });
    await deliver(shop, cancelled(order));
    expect(await levels()).toEqual([5, 1]);
    await balanced();
  });
  test('is not taken by what the order said before, said again under another id', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order));
    nowMs += 16 * minuteMs;
    await expire();
    const other = anOrder({ productId: two, quantity: 2 });
    await deliver(shop, placed(other), confirmed(order), rejected(other), confirmed(order));
    expect(await stateOf(shop, order)).toBe('refused');
    expect(await levels()).toEqual([5, 3]);
    expect(await answersTo(shop, order)).toHaveLength(3);
  });
  test('is only closed when its order ends', async () => {
    const order = threeAndTwo();
    await deliver(shop, placed(order));
    nowMs += 16 * minuteMs;
    await expire();
    await deliver(shop, rejected(order), confirmed(order, 1));
    expect(await levels()).toEqual([5, 3]);
    expect(await stateOf(shop, order)).toBe('returned');
    await balanced();
  });
});
