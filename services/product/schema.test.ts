import { shapesInCode, shapesInDatabase } from '@millrace/runtime/testing/schema-shape.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from './schema.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ hasConsumers: false });
});
afterAll(() => shop.close());

test('the migrations made the tables, keys, indexes and checks that the code believes in, and no other', async () => {
  expect(await shapesInDatabase(shop.sql)).toEqual(shapesInCode(schema));
});

test('a column that only the database has is seen', async () => {
  await shop.sql`alter table stock add column extra text`;
  expect(await shapesInDatabase(shop.sql)).not.toEqual(shapesInCode(schema));
});

test('what moved is never changed', async () => {
  const { id } = await shop.add({ stock: 5 });
  await expect(shop.sql`update stock_movement set quantity = 6 where product_id = ${id}`).rejects.toThrow(
    'never changed',
  );
  await expect(shop.sql`delete from stock_movement`).rejects.toThrow('never changed');
  await expect(shop.sql`truncate stock_movement`).rejects.toThrow('never changed');
});

test('stock is never negative, whoever writes it', async () => {
  const { id } = await shop.add({ stock: 5 });
  await expect(shop.sql`update stock set available = available - 6 where product_id = ${id}`).rejects.toThrow(
    'stock_available',
  );
});
