import { randomUUID } from 'node:crypto';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findImbalances } from './testing/balance.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

/** Signs nothing, but counts. */
let signed = 0;
const uploads = {
  viewUrl: async () => {
    signed += 1;
    return `https://images.example/${signed}`;
  },
} as unknown as Uploads;
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ hasConsumers: false, uploads });
});
afterAll(() => shop.close());

const price = { amountMinor: 1_999, currency: 'EUR' };
const create = (body: unknown, headers: Record<string, string> = {}) =>
  shop.ask('POST', '/api/products', { body, headers });
const changesOf = async (id: string) =>
  (await shop.committed('ProductChanged')).filter((one) => one.aggregateId === id);

describe('a new product', () => {
  test('is shown as it was added, and announced with its first stock', async () => {
    const response = await create({ name: '  Café  crème ', description: 'Hot.', price, stock: 3 });
    expect(response.status).toBe(201);
    const view = (await response.json()) as { id: string };
    expect(response.headers.get('location')).toBe(`/api/products/${view.id}`);
    expect(response.headers.get('etag')).toBe('"1"');
    expect(view).toEqual({
      id: expect.any(String),
      name: 'Café  crème',
      description: 'Hot.',
      price,
      available: 3,
      isActive: true,
      imageUrl: null,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await outcome(await shop.ask('GET', `/api/products/${view.id}`, { caller: {} }))).toEqual({
      status: 200,
      body: view,
    });
    expect(await changesOf(view.id)).toMatchObject([
      {
        aggregateVersion: 1,
        data: { productId: view.id, name: 'Café  crème', price, isActive: true, available: 3 },
      },
    ]);
    expect(await findImbalances(shop.sql)).toEqual([]);
  });
  test('needs neither a description nor stock', async () => {
    expect(await (await create({ name: 'Plain', price })).json()).toMatchObject({ description: '', available: 0 });
  });
  test('B18 a name is kept in NFC, with its emoji', async () => {
    expect(await (await create({ name: 'Cafe\u0301 ☕', price })).json()).toMatchObject({ name: 'Caf\u00e9 ☕' });
  });
});

describe('B10 to B18 what is refused', () => {
  const good = { name: 'Thing', price };
  test.each([
    ['B10 an unknown field', { ...good, role: 'admin' }, 422, 'unknown-field'],
    ['B12 a text for a number', { ...good, stock: '2' }, 422, 'integer'],
    ['B12 a fraction', { ...good, stock: 2.5 }, 422, 'integer'],
    ['B12 a truth for a number', { ...good, stock: true }, 422, 'integer'],
    ['B13 less than nothing', { ...good, stock: -1 }, 422, 'range'],
    ['B13 2^31', { ...good, stock: 2 ** 31 }, 422, 'range'],
    ['B13 2^53 + 2', { ...good, stock: 2 ** 53 + 2 }, 422, 'range'],
    ['B14 a float of money', { ...good, price: { amountMinor: 59.98, currency: 'EUR' } }, 422, 'integer'],
    ['B14 an unknown currency', { ...good, price: { amountMinor: 1, currency: 'XXX' } }, 422, 'invalid-value'],
    ['B14 a currency in lower case', { ...good, price: { amountMinor: 1, currency: 'eur' } }, 422, 'invalid-value'],
    ['B15 a field within the price', { ...good, price: { ...price, total: 1 } }, 422, 'unknown-field'],
    ['B16 NUL in a name', { ...good, name: 'a\u0000b' }, 422, 'control-character'],
    ['B18 a bidirectional control', { ...good, name: 'a\u202eb' }, 422, 'control-character'],
    ['a blank name', { ...good, name: '   ' }, 422, 'too-short'],
    ['a long name', { ...good, name: 'x'.repeat(201) }, 422, 'too-long'],
    ['the number of a card', { ...good, description: 'Pay with 4111 1111 1111 1111' }, 422, 'card-number'],
    ['no price', { name: 'Thing' }, 422, 'required'],
  ])('%s', async (_, body, status, slug) => {
    const result = await outcome(await create(body));
    expect({ ...result, slug: result.slug === 'type' ? 'integer' : result.slug }).toMatchObject({ status, slug });
  });
  test.each([
    ['B11 __proto__', '{"name":"x","price":{"amountMinor":1,"currency":"EUR"},"__proto__":{"a":1}}', 'unknown-field'],
    ['B12 1e309', '{"name":"x","price":{"amountMinor":1e309,"currency":"EUR"}}', undefined],
    ['B17 a lone surrogate', '{"name":"\\ud800","price":{"amountMinor":1,"currency":"EUR"}}', 'invalid-unicode'],
  ])('%s', async (_, body, slug) => {
    const headers = { ...as('olga', 'products:write'), 'content-type': 'application/json' };
    const result = await outcome(await shop.app.request('/api/products', { method: 'POST', headers, body }));
    expect(result.status).toBe(422);
    if (slug) expect(result.slug).toBe(slug);
  });
  test('B31 without the scope it is 403, without a token 401', async () => {
    const body = good;
    expect(await outcome(await shop.ask('POST', '/api/products', { body, caller: as('ada') }))).toMatchObject({
      status: 403,
      slug: 'insufficient-scope',
    });
    expect((await shop.ask('POST', '/api/products', { body, caller: {} })).status).toBe(401);
  });
  test('B22 another method is 405 and says which there are', async () => {
    const response = await shop.ask('DELETE', '/api/products');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('GET');
  });
});

describe('a change', () => {
  const patch = (id: string, body: unknown, ifMatch?: string) =>
    shop.ask('PATCH', `/api/products/${id}`, {
      body,
      ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
    });
  test('B39 needs If-Match, and the version that was read', async () => {
    const { id } = await shop.add();
    expect(await outcome(await patch(id, { name: 'New' }))).toMatchObject({
      status: 428,
      slug: 'precondition-required',
    });
    for (const stale of ['"2"', 'W/"1"', '1', 'rubbish']) {
      expect(await outcome(await patch(id, { name: 'New' }, stale))).toMatchObject({
        status: 412,
        slug: 'precondition-failed',
      });
    }
    const response = await patch(id, { name: 'New', price: { amountMinor: 5, currency: 'CHF' } }, '"1"');
    expect(response.headers.get('etag')).toBe('"2"');
    expect(await response.json()).toMatchObject({
      name: 'New',
      price: { amountMinor: 5, currency: 'CHF' },
      version: 2,
    });
    expect(await outcome(await patch(id, { name: 'Newer' }, '"1"'))).toMatchObject({ status: 412 });
    expect((await changesOf(id)).map(({ aggregateVersion, data }) => [aggregateVersion, data['name']])).toEqual([
      [1, 'A thing'],
      [2, 'New'],
    ]);
  });
  test('of nothing leaves the version and is not announced', async () => {
    const { id, name } = await shop.add();
    const response = await patch(id, { name }, '"1"');
    expect({ status: response.status, etag: response.headers.get('etag') }).toEqual({ status: 200, etag: '"1"' });
    expect(await changesOf(id)).toHaveLength(1);
  });
  test('without a field is refused, and so is one of stock', async () => {
    const { id } = await shop.add();
    expect(await outcome(await patch(id, {}, '*'))).toMatchObject({ status: 422, slug: 'nothing-to-change' });
    expect(await outcome(await patch(id, { stock: 1 }, '*'))).toMatchObject({ status: 422, slug: 'unknown-field' });
    expect(await outcome(await patch(id, { available: 1 }, '*'))).toMatchObject({ status: 422, slug: 'unknown-field' });
  });
  test('empties a description', async () => {
    const { id } = await shop.add({ description: 'Words.' });
    expect(await (await patch(id, { description: '' }, '*')).json()).toMatchObject({ description: '', version: 2 });
  });
  test('retires a product: it leaves the list and stays where its id is known', async () => {
    const { id } = await shop.add({ name: 'Retiring' });
    expect((await patch(id, { isActive: false }, '"1"')).status).toBe(200);
    const listed = async (path: string) => {
      const page = (await (await shop.ask('GET', path)).json()) as { items: { id: string }[] };
      return page.items.some((item) => item.id === id);
    };
    expect(await listed('/api/products?limit=100')).toBe(false);
    expect(await listed('/api/products/all?limit=100')).toBe(true);
    expect(await shop.show(id)).toMatchObject({ isActive: false });
  });
  test('twice at once for one version happens once', async () => {
    const { id } = await shop.add();
    const both = await Promise.all([patch(id, { name: 'One' }, '"1"'), patch(id, { name: 'Two' }, '"1"')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await changesOf(id)).toHaveLength(2);
  });
  test('B21 of what is not there is 404, whatever the id looks like', async () => {
    for (const id of [randomUUID(), 'x', '%2e%2e', '1']) {
      expect(await outcome(await patch(id, { name: 'x' }, '*'))).toMatchObject({ status: 404, slug: 'not-found' });
    }
    expect((await shop.ask('GET', '/api/products/%00')).status).toBe(400);
    expect((await shop.ask('GET', '/api/products/%zz')).status).toBe(400);
  });
});

describe('stock that comes in', () => {
  const restock = (id: string, quantity: unknown, headers: Record<string, string> = {}) =>
    shop.ask('POST', `/api/products/${id}/stock`, { body: { quantity }, headers });
  test('is added and announced', async () => {
    const { id } = await shop.add({ stock: 0 });
    expect(await (await restock(id, 7)).json()).toMatchObject({ id, available: 7, version: 2 });
    expect((await changesOf(id)).map(({ data }) => data['available'])).toEqual([0, 7]);
    expect(await findImbalances(shop.sql)).toEqual([]);
  });
  test('B13 is from 1 to 1,000,000 pieces', async () => {
    const { id } = await shop.add();
    for (const quantity of [0, -1, 1_000_001, 2 ** 31]) {
      expect(await outcome(await restock(id, quantity))).toMatchObject({ status: 422, slug: 'range' });
    }
  });
  test('does not go beyond what a product may have', async () => {
    const { id } = await shop.add();
    await shop.sql`update stock set available = 999999995 where product_id = ${id}`;
    expect(await outcome(await restock(id, 6))).toMatchObject({ status: 409, slug: 'stock-limit' });
    await shop.sql`update stock set available = 10 where product_id = ${id}`;
  });
  test('is added once for one Idempotency-Key, however often it is sent', async () => {
    const { id } = await shop.add({ stock: 1 });
    const key = { 'idempotency-key': 'delivery-1' };
    const first = await outcome(await restock(id, 5, key));
    expect(await outcome(await restock(id, 5, key))).toEqual(first);
    expect(await shop.show(id)).toMatchObject({ available: 6, version: 2 });
    expect(await outcome(await restock(id, 6, key))).toMatchObject({ status: 422, slug: 'idempotency-mismatch' });
    // Another caller's key is another key.
    const other = { caller: as('otto', 'products:write'), body: { quantity: 1 }, headers: key };
    expect((await shop.ask('POST', `/api/products/${id}/stock`, other)).status).toBe(200);
    expect(await shop.show(id)).toMatchObject({ available: 7 });
  });
  test('keeps no signed address of an image for the answer of a repeated write, and none in the log of keys', async () => {
    const { id } = await shop.add({ stock: 1 });
    await shop.sql`update product set image_key = ${`product/image/${id}/${randomUUID()}`} where id = ${id}`;
    const key = { 'idempotency-key': 'delivery-with-image' };
    const urlOf = async () => ((await (await restock(id, 5, key)).json()) as { imageUrl: string | null }).imageUrl;
    signed = 0;
    expect(await urlOf()).toBe('https://images.example/1');
    expect(await urlOf()).toBe('https://images.example/2');
    const [row] = await shop.sql`select result from idempotency_key where key = 'delivery-with-image'`;
    expect(row?.['result']).not.toContain('https:');
  });
  test('of what is not there is 404', async () => {
    expect(await outcome(await restock(randomUUID(), 1))).toMatchObject({ status: 404, slug: 'not-found' });
  });
  test('from many at once is all there', async () => {
    const { id } = await shop.add({ stock: 0 });
    const all = await Promise.all(Array.from({ length: 20 }, () => restock(id, 3)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await shop.show(id)).toMatchObject({ available: 60, version: 21 });
  });
});

describe('Idempotency-Key', () => {
  test('makes one product of a request that is sent twice, also at once', async () => {
    const key = { 'idempotency-key': 'new-product' };
    const body = { name: 'Only one', price };
    const answers = await Promise.all([1, 2, 3, 4].map(() => create(body, key)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    const again = await create(body, key);
    expect(again.status).toBe(201);
    const rows = await shop.sql<{ id: string }[]>`select id from product where name = 'Only one'`;
    expect(await again.json()).toMatchObject({ id: rows[0]?.id });
    expect(rows).toHaveLength(1);
  });
  test.each(['', 'x'.repeat(65), 'a b'])('B33 of another form is refused: "%s"', async (key) => {
    const { status } = await create({ name: 'x', price }, { 'idempotency-key': key });
    expect(status).toBe(key === '' ? 400 : 422);
  });
  test('of a write that was refused is free again', async () => {
    const key = { 'idempotency-key': 'first wrong'.replace(' ', '-') };
    expect(
      (await shop.ask('POST', `/api/products/${randomUUID()}/stock`, { body: { quantity: 1 }, headers: key })).status,
    ).toBe(404);
    expect((await create({ name: 'After a refusal', price }, key)).status).toBe(201);
  });
});
