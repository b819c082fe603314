import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepHouse, startHousekeeping } from './housekeeping.ts';
import { findImbalances } from './testing/balance.ts';
import { anOrder, confirmed, deliver, placed, rejected, stateOf } from './testing/orders.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

const dayMs = 86_400_000;
const noUploads = { remove: async () => undefined } as unknown as Uploads;
let aheadMs = 0;
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ clock: { now: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => shop.close());

const keepHouseIn = async (days: number): Promise<void> => {
  aheadMs = days * dayMs;
  await Promise.all([keepHouse(shop.own, noUploads), keepHouse(shop.own, noUploads)]);
  aheadMs = 0;
};

test('reservations that hold nothing leave when no event can ask for them; those that sold stay', async () => {
  const { id } = await shop.add({ stock: 10 });
  const line = { productId: id, quantity: 1 };
  const [sold, returned, refused, held] = [
    anOrder(line),
    anOrder(line),
    anOrder({ ...line, quantity: 99 }),
    anOrder(line),
  ];
  await deliver(
    shop,
    placed(sold),
    confirmed(sold),
    placed(returned),
    rejected(returned),
    placed(refused),
    placed(held),
  );
  const states = () => Promise.all([sold, returned, refused, held].map((order) => stateOf(shop, order)));
  await keepHouseIn(36);
  expect(await states()).toEqual(['sold', 'returned', 'refused', 'held']);
  await keepHouseIn(38);
  expect(await states()).toEqual(['sold', undefined, undefined, 'held']);
  expect(await shop.sql`select from reservation_line where order_id = ${returned.id}`).toHaveLength(0);
  expect(await findImbalances(shop.sql)).toEqual([]);
});

test('keys of writes leave after a week', async () => {
  const headers = { 'idempotency-key': 'once' };
  const body = { name: 'Kept', price: { amountMinor: 1, currency: 'EUR' } };
  await shop.ask('POST', '/api/products', { body, headers });
  const keys = () => shop.sql`select from idempotency_key`;
  await keepHouseIn(6);
  expect(await keys()).toHaveLength(1);
  await keepHouseIn(8);
  expect(await keys()).toHaveLength(0);
});

test('it goes on after a fault and ends when it is told to', async () => {
  let looked = 0;
  await shop.sql`
    insert into image_upload select 'product/image/x', gen_random_uuid(), now(), now() - interval '3 hours', 'refused'`;
  const clock = {
    now: () => {
      looked += 1;
      if (looked === 1) throw new Error('a fault');
      return new Date();
    },
  };
  const loop = startHousekeeping({ ...shop.own, clock }, noUploads);
  await expect.poll(() => shop.sql`select from image_upload`, { timeout: 30_000 }).toHaveLength(0);
  await loop.close();
  expect(looked).toBe(2);
});

test('I2 the query of the README names what does not add up, and nothing else', async () => {
  const readme = await readFile(join(import.meta.dirname, 'README.md'), 'utf8');
  const query = /```sql\n(.*?);\n```/s.exec(readme)?.[1] ?? '';
  expect(await shop.sql.unsafe(query)).toHaveLength(0);
  const { id } = await shop.add({ stock: 5 });
  await shop.sql`update stock set available = 4 where product_id = ${id}`;
  expect((await shop.sql.unsafe(query)).map(({ product_id }) => product_id)).toEqual([id]);
});
