import { randomUUID } from 'node:crypto';
import { testDoor } from '@millrace/runtime/testing/door.ts';
import { afterAll } from 'vitest';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let shop: Shop;
afterAll(() => shop?.close());

testDoor(async () => {
  shop = await openShop({ hasConsumers: false });
  const { id } = await shop.add();
  return {
    app: shop.app,
    owner: randomUUID(),
    read: `/api/products/${id}`,
    list: '/api/products',
    one: '/api/products/:id',
    scoped: [
      ['GET', '/api/products/all'],
      ['POST', '/api/products'],
      ['PATCH', `/api/products/${id}`],
      ['POST', `/api/products/${id}/stock`],
      ['POST', `/api/products/${id}/image`],
    ],
  };
});
