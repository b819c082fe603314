import { randomUUID } from 'node:crypto';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Life, OrderEventName, TestOrder } from './testing/order-events.ts';
import { lives, newOrder, orderMessage } from './testing/order-events.ts';
import type { TestMessage, UserService } from './testing/user-service.ts';
import { openUserService } from './testing/user-service.ts';

const path = '/api/users/me/loyalty';
let service: UserService;
beforeAll(async () => {
  service = await openUserService();
});
afterAll(() => service?.close());

interface Loyalty {
  points: number;
  pendingPoints: number;
  items: { orderId: string; points: number; state: string; at: string }[];
  nextCursor: string | null;
}
const loyaltyOf = async (userId: string, query = ''): Promise<Loyalty> =>
  (await (await service.ask(userId, 'GET', `${path}${query}`)).json()) as Loyalty;

/** The one order's state and points, and the sums. */
async function short(userId: string) {
  const { points, pendingPoints, items } = await loyaltyOf(userId);
  return [points, pendingPoints, ...items.map((item) => `${item.state} ${item.points}`)];
}

async function staleCount(): Promise<number> {
  const { values } = await messagingMetrics(service.own.metrics).stale.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

describe('points of an order', () => {
  test.each([
    [['OrderPlaced'], [0, 123, 'pending 123']],
    [
      ['OrderPlaced', 'OrderConfirmed'],
      [123, 0, 'granted 123'],
    ],
    [
      ['OrderPlaced', 'OrderConfirmed', 'OrderCancelled'],
      [0, 0, 'taken-back 123'],
    ],
    [
      ['OrderPlaced', 'OrderRejected'],
      [0, 0, 'taken-back 123'],
    ],
    [['OrderConfirmed'], [123, 0, 'granted 123']],
    [
      ['OrderConfirmed', 'OrderPlaced'],
      [123, 0, 'granted 123'],
    ],
    [
      ['OrderCancelled', 'OrderConfirmed', 'OrderPlaced'],
      [0, 0, 'taken-back 123'],
    ],
    [
      ['OrderCancelled', 'OrderPlaced'],
      [0, 0, 'taken-back 123'],
    ],
    [
      ['OrderRejected', 'OrderPlaced'],
      [0, 0, 'taken-back 123'],
    ],
    [['OrderRejected'], [0, 0]],
  ] as [OrderEventName[], unknown[]][])('F16 after %j are %j', async (names, expected) => {
    const order = newOrder(randomUUID());
    for (const name of names) await service.deliverAll([orderMessage(name, order)]);
    expect(await short(order.userId)).toEqual(expected);
  });

  test('F15 are there once, however often and at how many places an event is delivered', async () => {
    const order = newOrder(randomUUID());
    const messages = lives.kept.map((name) => orderMessage(name, order));
    await service.deliverAll([...messages, ...messages, ...messages]);
    await service.deliverAll(messages);
    expect(await short(order.userId)).toEqual([123, 0, 'granted 123']);
  });

  test('B60 are not changed by an older event, which is counted', async () => {
    const order = newOrder(randomUUID());
    await service.deliverAll([orderMessage('OrderConfirmed', order)]);
    const before = await staleCount();
    await service.deliverAll([orderMessage('OrderPlaced', order)]);
    expect(await staleCount()).toBe(before + 1);
    expect(await short(order.userId)).toEqual([123, 0, 'granted 123']);
  });

  test('B61 with another total go to the dead-letter queue, and batch-mates do not', async () => {
    const [order, other] = [newOrder(randomUUID()), newOrder(randomUUID(), 500)];
    await service.deliverAll([orderMessage('OrderPlaced', order)]);
    const wrong = orderMessage('OrderConfirmed', { ...order, amountMinor: 99_999 });
    await service.deliverAll([wrong, orderMessage('OrderConfirmed', other)]);
    expect(await short(order.userId)).toEqual([0, 123, 'pending 123']);
    expect(await short(other.userId)).toEqual([5, 0, 'granted 5']);
    expect(await service.dead('OrderConfirmed')).toEqual([{ body: wrong.body, reason: 'order-differs' }]);
  });

  test('come in any currency and are rounded down for each order', async () => {
    const userId = randomUUID();
    const orders = [199, 199, 50].map((amountMinor) => newOrder(userId, amountMinor));
    await service.deliverAll(orders.map((order) => orderMessage('OrderConfirmed', order)));
    expect((await loyaltyOf(userId)).points).toBe(2);
  });

  test('F18 B56 B57 B58 B59 are not touched by a poisoned message', async () => {
    const order = newOrder(randomUUID());
    const good = orderMessage('OrderPlaced', order);
    const wrong = {
      'bad-envelope': 'no JSON',
      'source-mismatch': good.body.replace('"millrace.order"', '"millrace.payment"'),
      'unknown-version': good.body.replace(/"version":1,/, '"version":2,'),
      'bad-event': good.body.replace(order.userId, 'somebody'),
    };
    const bodies = Object.values(wrong).map((body) =>
      body.replace(/"id":"[0-9a-f-]{36}","version"/, `"id":"${randomUUID()}","version"`),
    );
    await service.deliverAll([...bodies.map((body) => ({ to: 'OrderPlaced', body })), good]);
    expect(await short(order.userId)).toEqual([0, 123, 'pending 123']);
    const reasons = (await service.dead('OrderPlaced')).map(({ reason }) => reason.split(' ')[0]);
    expect(reasons.sort()).toEqual(Object.keys(wrong).sort());
  });
});

describe('the list of points', () => {
  test('goes page by page, newest order first, each once, and says the sums every time', async () => {
    const userId = randomUUID();
    const orders = Array.from({ length: 25 }, (_, place) => ({
      ...newOrder(userId, 100 * (place + 1)),
      orderId: `01890000-0000-7000-8000-0000000000${String(place).padStart(2, '0')}`,
    }));
    await service.deliverAll(orders.map((order) => orderMessage('OrderConfirmed', order)));
    const pages: Loyalty[] = [];
    let query = '?limit=10';
    do {
      const page = await loyaltyOf(userId, query);
      pages.push(page);
      query = `?limit=10&cursor=${page.nextCursor}`;
    } while (pages.at(-1)?.nextCursor && pages.length < 10);
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5]);
    expect(pages.flatMap(({ items }) => items.map(({ orderId }) => orderId))).toEqual(
      orders.map(({ orderId }) => orderId).reverse(),
    );
    expect(pages.map(({ points }) => points)).toEqual([325, 325, 325]);
  });

  test("B25 does not go on with a cursor that is changed, or is somebody else's", async () => {
    const userId = randomUUID();
    const orders = [newOrder(userId), newOrder(userId)];
    await service.deliverAll(orders.map((order) => orderMessage('OrderPlaced', order)));
    const { nextCursor } = await loyaltyOf(userId, '?limit=1');
    const bad = { status: 400, slug: 'bad-cursor' };
    expect(await outcome(await service.ask(randomUUID(), 'GET', `${path}?cursor=${nextCursor}`))).toEqual(bad);
    expect(await outcome(await service.ask(userId, 'GET', `${path}?cursor=x${nextCursor}`))).toEqual(bad);
    for (const [query, status, slug] of [
      ['limit=0', 422, 'range'],
      ['limit=101', 422, 'range'],
      ['limit=1&limit=9', 400, 'duplicate-parameter'],
      ['sort=points', 400, 'unknown-parameter'],
    ] as const) {
      expect(await outcome(await service.ask(userId, 'GET', `${path}?${query}`))).toEqual({ status, slug });
    }
  });

  test('of somebody without orders is empty', async () => {
    expect(await loyaltyOf(randomUUID())).toEqual({ points: 0, pendingPoints: 0, items: [], nextCursor: null });
  });
});

/** Repeats what it gives: the same seed, the same schedule. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function shuffled<Item>(items: readonly Item[], random: (below: number) => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = random(last + 1);
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}

test('I8 F15 F16 10,000 deliveries, shuffled and each of an event up to five times, give what a witness counts', async () => {
  const random = seeded(20_261_121);
  const users: string[] = Array.from({ length: 40 }, () => randomUUID());
  const kinds = Object.keys(lives) as Life[];
  const witness = new Map(users.map((userId) => [userId, { points: 0, pendingPoints: 0 }]));
  const deliveries: TestMessage[] = [];
  while (deliveries.length < 10_000) {
    const order: TestOrder = newOrder(users[random(users.length)] ?? '', random(100_000));
    const life = kinds[random(kinds.length)] ?? 'open';
    const sums = witness.get(order.userId);
    const points = Math.floor(order.amountMinor / 100);
    if (sums && life === 'kept') sums.points += points;
    if (sums && life === 'open') sums.pendingPoints += points;
    for (const name of lives[life]) {
      const message = orderMessage(name, order);
      for (let times = 1 + random(5); times > 0; times -= 1) deliveries.push(message);
    }
  }
  const { handled, duplicates } = messagingMetrics(service.own.metrics);
  const before = [await total(handled), await total(duplicates)];
  await service.deliverAll(shuffled(deliveries, random), 180_000);
  for (const [userId, sums] of witness) expect(await loyaltyOf(userId, '?limit=1')).toMatchObject(sums);
  const different = new Set(deliveries.map(({ body }) => body)).size;
  expect(await total(handled)).toBe((before[0] ?? 0) + different);
  expect(await total(duplicates)).toBe((before[1] ?? 0) + deliveries.length - different);
  const [row] = await service.sql<{ wrong: number }[]>`
    select count(*)::int as wrong from (
      select event_id from inbox where event_id <> '00000000-0000-0000-0000-000000000000' group by consumer, event_id having count(*) > 1
    ) as twice`;
  expect(row?.wrong).toBe(0);
}, 240_000);

async function total(counter: { get(): Promise<{ values: { value: number }[] }> }): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
