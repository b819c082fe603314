import { randomUUID } from 'node:crypto';
import { UserErased, UserRegistered } from '@millrace/catalog/events/user.ts';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepHouse } from './housekeeping.ts';
import { countPairs, maxPairedProducts, rankRecommendations } from './recommendation.ts';
import type { TestOrder } from './testing/orders.ts';
import { anOrder, cancelled, confirmed, deliver, placed } from './testing/orders.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let aheadMs = 0;
const noUploads = { remove: async () => undefined } as unknown as Uploads;
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ clock: { now: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => shop.close());

/** Products by name, in a shop that sells nothing else. */
let ids: Record<string, string>;
beforeEach(async () => {
  await shop.sql`update product set is_active = false`;
  await shop.sql`delete from popularity`;
  ids = {};
  for (const name of ['Tea', 'Pot', 'Cup', 'Spoon', 'Lamp']) ids[name] = (await shop.add({ name, stock: 100 })).id;
});

const idOf = (name: string): string => ids[name] ?? '';
const orderOf = (userId: string, ...names: string[]): TestOrder => ({
  ...anOrder(...names.map((name) => ({ productId: idOf(name), quantity: 1 }))),
  userId,
});
const buy = async (userId: string, ...names: string[]): Promise<void> => {
  const order = orderOf(userId, ...names);
  await deliver(shop, placed(order), confirmed(order));
};

interface Answer {
  items: { product: { id: string; name: string }; reason: string }[];
}
const recommended = async (userId: string, query = ''): Promise<[string, string][]> => {
  const answer = await shop.ask('GET', `/api/products/recommendations${query}`, { caller: as(userId) });
  return ((await answer.json()) as Answer).items.map(({ product, reason }) => [product.name, reason]);
};
const registered = (userId: string, version = 1) =>
  shop.deliver(UserRegistered, {
    aggregateId: userId,
    aggregateVersion: version,
    data: { userId, email: 'a@example.com', name: 'A' },
  });
const erased = (userId: string, version = 2) =>
  shop.deliver(UserErased, { aggregateId: userId, aggregateVersion: version, data: { userId } });

describe('recommendations', () => {
  test('of somebody new are what is popular, then what is new', async () => {
    await buy(randomUUID(), 'Pot');
    await buy(randomUUID(), 'Pot');
    await buy(randomUUID(), 'Tea');
    expect(await recommended(randomUUID())).toEqual([
      ['Pot', 'popular'],
      ['Tea', 'popular'],
      ['Lamp', 'new'],
      ['Spoon', 'new'],
      ['Cup', 'new'],
    ]);
  });
  test('of a product are what was bought with it, the most often first, and never itself', async () => {
    await buy(randomUUID(), 'Tea', 'Pot', 'Cup');
    await buy(randomUUID(), 'Tea', 'Cup');
    const caller = randomUUID();
    expect((await recommended(caller, `?productId=${idOf('Tea')}`)).slice(0, 2)).toEqual([
      ['Cup', 'bought-together'],
      ['Pot', 'bought-together'],
    ]);
    expect((await recommended(caller, `?productId=${idOf('Tea')}`)).map(([name]) => name)).not.toContain('Tea');
  });
  test('of a person begin with what goes with what they bought, and end with what they have', async () => {
    await buy(randomUUID(), 'Tea', 'Spoon');
    const caller = randomUUID();
    await buy(caller, 'Tea');
    const answer = await recommended(caller);
    expect(answer[0]).toEqual(['Spoon', 'bought-together']);
    expect(answer.at(-1)?.[0]).toBe('Tea');
    expect(answer).toHaveLength(5);
  });
  test('leave out what is retired or not in stock', async () => {
    await buy(randomUUID(), 'Tea', 'Pot', 'Cup');
    await shop.sql`update product set is_active = false where id = ${idOf('Pot')}`;
    const all = anOrder({ productId: idOf('Cup'), quantity: 99 });
    await deliver(shop, placed(all));
    const names = (await recommended(randomUUID(), `?productId=${idOf('Tea')}`)).map(([name]) => name);
    expect(names.sort()).toEqual(['Lamp', 'Spoon']);
  });
  test('are as many as were asked for', async () => {
    expect(await recommended(randomUUID(), '?limit=2')).toHaveLength(2);
    for (const query of ['limit=0', 'limit=51', 'productId=x']) {
      const response = await shop.ask('GET', `/api/products/recommendations?${query}`, { caller: as('ada') });
      expect(response.status).toBe(422);
    }
  });
  test('are for people with a token', async () => {
    const response = await shop.ask('GET', '/api/products/recommendations', { caller: {} });
    expect(await outcome(response)).toMatchObject({ status: 401 });
  });
  test('do not count an order that was only placed, nor one twice, nor what came when', async () => {
    const [user, other] = [randomUUID(), randomUUID()];
    await deliver(shop, placed(orderOf(user, 'Lamp', 'Spoon')));
    const order = orderOf(other, 'Lamp', 'Cup');
    const event = confirmed(order);
    await deliver(shop, placed(order), cancelled(order), event, event);
    const rows = await shop.sql`select other_id, orders from co_purchase where product_id = ${idOf('Lamp')}`;
    expect(rows).toEqual([{ other_id: idOf('Cup'), orders: 1 }]);
    expect(await shop.sql`select orders from popularity where product_id = ${idOf('Lamp')}`).toEqual([{ orders: 1 }]);
  });
});

describe('a person', () => {
  const profileOf = async (userId: string) =>
    (await shop.sql`select version::int, is_erased, popular_ids, new_ids from profile where user_id = ${userId}`)[0];
  test('who registers has something to see at once, and still when all else is new', async () => {
    await buy(randomUUID(), 'Pot');
    const userId = randomUUID();
    await registered(userId);
    expect(await profileOf(userId)).toMatchObject({ version: 1, is_erased: false, popular_ids: [idOf('Pot')] });
    await shop.sql`delete from popularity`;
    expect((await recommended(userId))[0]).toEqual(['Pot', 'popular']);
    expect((await recommended(randomUUID()))[0]).toEqual(['Lamp', 'new']);
  });
  test('who is erased leaves nothing but an id, which late events find', async () => {
    const userId = randomUUID();
    await registered(userId);
    await buy(userId, 'Tea');
    await erased(userId);
    await erased(userId, 1);
    await registered(userId);
    await buy(userId, 'Cup');
    expect(await profileOf(userId)).toEqual({ version: 2, is_erased: true, popular_ids: [], new_ids: [] });
    expect(await shop.sql`select from purchase where user_id = ${userId}`).toHaveLength(0);
    aheadMs = 38 * 86_400_000;
    await keepHouse(shop.own, noUploads);
    aheadMs = 0;
    expect(await profileOf(userId)).toBeUndefined();
  });
  test('who is erased in the very moment of an order is forgotten by the next housekeeping', async () => {
    const userId = randomUUID();
    await erased(userId);
    await shop.sql`insert into purchase values (${userId}, ${idOf('Tea')}, now())`;
    await keepHouse(shop.own, noUploads);
    expect(await shop.sql`select from purchase where user_id = ${userId}`).toHaveLength(0);
  });
  test('who was erased and comes back is new', async () => {
    const userId = randomUUID();
    await erased(userId, 2);
    await registered(userId, 3);
    await buy(userId, 'Tea');
    expect(await profileOf(userId)).toMatchObject({ version: 3, is_erased: false });
    expect((await recommended(userId)).at(-1)?.[0]).toBe('Tea');
  });
  test('whose registration comes twice, also at once, has one profile', async () => {
    const userId = randomUUID();
    await Promise.all([registered(userId), registered(userId), registered(userId, 2)]);
    expect(await profileOf(userId)).toMatchObject({ version: 2 });
  });
});

test('an order of a hundred products makes a bounded number of pairs', async () => {
  const productIds = Array.from({ length: 100 }, () => randomUUID());
  const pairs = countPairs([{ userId: randomUUID(), productIds }]);
  expect(pairs).toHaveLength(maxPairedProducts * (maxPairedProducts - 1));
  expect(pairs).toEqual(
    pairs.toSorted((one, other) => (one.productId + one.otherId < other.productId + other.otherId ? -1 : 1)),
  );
});

test('two purchases of a pair count it twice', () => {
  const [one, other] = ['a', 'b'];
  const purchase = { userId: 'u', productIds: [one, other] };
  expect(countPairs([purchase, purchase])).toEqual([
    { productId: 'a', otherId: 'b', orders: 2 },
    { productId: 'b', otherId: 'a', orders: 2 },
  ]);
});

test('a candidate is ranked once, by its best reason', () => {
  const ranked = rankRecommendations({
    together: ['a', 'b'],
    popular: ['b', 'c'],
    newest: ['c', 'd'],
    bought: new Set(['a', 'c']),
  });
  expect(ranked.map(({ productId, reason }) => `${productId} ${reason}`)).toEqual([
    'b bought-together',
    'd new',
    'a bought-together',
    'c popular',
  ]);
});

test('a profile is no place for poison', async () => {
  await shop.deliverRaw('{}', 'UserErased');
  await shop.deliverRaw('{}', 'UserRegistered');
  expect((await shop.dead('UserErased')).length + (await shop.dead('UserRegistered')).length).toBe(2);
});
