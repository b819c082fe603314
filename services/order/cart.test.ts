import { randomUUID } from 'node:crypto';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrderView } from './order.ts';
import type { Shop } from './testing/shop.ts';
import { ada, address, fact, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  shop.product.answer = 'well';
  shop.product.asked.length = 0;
  shop.product.known.clear();
  await shop.sql`truncate shop_order, order_line, order_move, outbox, idempotency_key, product_copy`;
});

const cart = (items: readonly object[], more: object = {}) => ({ items, address, paymentToken: 'tok_ok', ...more });
const errorsOf = async (response: Response) => {
  const { type, status, errors } = (await response.json()) as {
    type: string;
    status: number;
    errors?: { pointer: string; code: string; message: string }[];
  };
  return { status, slug: type.split('/').at(-1), errors: errors?.map(({ pointer, code }) => ({ pointer, code })) };
};
const countOrders = async () => (await shop.sql`select 1 from shop_order`).length;

describe('a cart', () => {
  const line = { productId: randomUUID(), quantity: 1 };
  it.each([
    ['B10 an unknown field', cart([line], { role: 'admin' }), 'unknown-field'],
    ['B10 an unknown field of a line', cart([{ ...line, name: 'x' }]), 'unknown-field'],
    ['B10 an unknown field of the address', cart([line], { address: { ...address, floor: 2 } }), 'unknown-field'],
    ['B12 a quantity as a text', cart([{ ...line, quantity: '2' }]), 'type'],
    ['B12 a quantity as true', cart([{ ...line, quantity: true }]), 'type'],
    ['B12 half a piece', cart([{ ...line, quantity: 2.5 }]), 'integer'],
    ['B13 no piece', cart([{ ...line, quantity: 0 }]), 'range'],
    ['B13 less than none', cart([{ ...line, quantity: -1 }]), 'range'],
    ['B13 2^31 pieces', cart([{ ...line, quantity: 2 ** 31 }]), 'range'],
    ['B13 2^53 + 1 pieces', cart([{ ...line, quantity: 2 ** 53 + 2 }]), 'range'],
    ['B15 a price', cart([{ ...line, price: 0 }]), 'unknown-field'],
    ['B15 a total', cart([line], { total: { amountMinor: 1, currency: 'EUR' } }), 'unknown-field'],
    ['B36 nothing in it', cart([]), 'item-count'],
    [
      'B36 1,001 lines',
      cart(Array.from({ length: 1_001 }, () => ({ productId: randomUUID(), quantity: 1 }))),
      'item-count',
    ],
    [
      'B36 the same product twice',
      cart([line, { ...line, productId: line.productId.toUpperCase() }]),
      'duplicate-product',
    ],
    ['no address', { items: [line], paymentToken: 'tok_ok' }, 'invalid-union'],
    ['an address without a city', cart([line], { address: { ...address, city: undefined } }), 'required'],
    ['a country in words', cart([line], { address: { ...address, country: 'Austria' } }), 'format-regex'],
    ['the number of a card in the address', cart([line], { address: 'Card 4111 1111 1111 1111' }), 'card-number'],
    ['NUL in the address', cart([line], { address: 'a\0' }), 'control-character'],
    ['the number of a card as its token', cart([line], { paymentToken: '4111111111111111' }), 'format-regex'],
  ])('with %s is refused', async (_, body, slug) => {
    const response = await shop.place(body);
    expect(await outcome(response)).toEqual({ status: 422, slug });
    expect([await countOrders(), shop.product.asked.length]).toEqual([0, 0]);
  });
  it.each([
    ['B11 __proto__', '"__proto__": {"isAdmin": true}', 422, 'unknown-field'],
    ['B11 constructor', '"constructor": {"prototype": {}}', 422, 'unknown-field'],
    ['B12 1e309 pieces', `"items": [{"productId": "${line.productId}", "quantity": 1e309}]`, 422, undefined],
    ['B12 -0 pieces', `"items": [{"productId": "${line.productId}", "quantity": -0}]`, 422, 'integer'],
    ['B3 a key twice', '"paymentToken": "tok_ok"', 400, 'duplicate-key'],
  ])('with %s is refused', async (_, part, status, slug) => {
    const response = await shop.app.request('/api/orders', {
      method: 'POST',
      headers: { ...as(ada), 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: `{"address": "Ring 1", "paymentToken": "tok_ok", ${part}${part.includes('items') ? '' : `, "items": [${JSON.stringify(line)}]`}}`,
    });
    const seen = await outcome(response);
    expect(seen.status).toBe(status);
    if (slug) expect(seen.slug).toBe(slug);
  });
  it('B14 has prices in whole minor units of our currencies', async () => {
    const productId = await shop.sell({ price: { amountMinor: 5_998, currency: 'USD' } });
    const view = (await (await shop.place(cart([{ productId, quantity: 1 }]))).json()) as OrderView;
    expect(view.total).toEqual({ amountMinor: 5_998, currency: 'USD' });
  });
  it('B36 with products that are not sold is refused line by line', async () => {
    const [good, retired, unknown] = [await shop.sell(), await shop.sell({ isActive: false }), randomUUID()];
    shop.product.known.set(retired, fact(retired, { isActive: false }));
    const lines = [good, retired, unknown].map((productId) => ({ productId, quantity: 1 }));
    expect(await errorsOf(await shop.place(cart(lines)))).toEqual({
      status: 422,
      slug: 'retired-product',
      errors: [
        { pointer: '/items/1/productId', code: 'retired-product' },
        { pointer: '/items/2/productId', code: 'unknown-product' },
      ],
    });
    expect(shop.product.asked.sort()).toEqual([retired, unknown].sort());
    expect(await countOrders()).toBe(0);
  });
  it('in two currencies is refused', async () => {
    const one = await shop.sell({ price: { amountMinor: 1, currency: 'EUR' } });
    const other = await shop.sell({ price: { amountMinor: 1, currency: 'USD' } });
    for (const id of [one, other]) {
      const price = { amountMinor: 1, currency: id === one ? ('EUR' as const) : ('USD' as const) };
      shop.product.known.set(id, fact(id, { price }));
    }
    const lines = [one, other].map((productId) => ({ productId, quantity: 1 }));
    expect(await errorsOf(await shop.place(cart(lines)))).toEqual({
      status: 422,
      slug: 'mixed-currency',
      errors: [{ pointer: '/items/1/productId', code: 'mixed-currency' }],
    });
  });
  it('B37 of which too little is in stock is refused, naming what is missing', async () => {
    const [enough, short] = [await shop.sell(), await shop.sell({ available: 2 })];
    shop.product.known.set(short, fact(short, { available: 2 }));
    const lines = [enough, short].map((productId) => ({ productId, quantity: 3 }));
    const response = await shop.place(cart(lines));
    const body = (await response.clone().json()) as { errors: { message: string }[] };
    expect(await errorsOf(response)).toEqual({
      status: 409,
      slug: 'out-of-stock',
      errors: [{ pointer: '/items/1/productId', code: 'out-of-stock' }],
    });
    expect(body.errors[0]?.message).toContain(short);
    expect(await countOrders()).toBe(0);
  });
  it('worth more than a number can say is refused', async () => {
    const productId = await shop.sell({ price: { amountMinor: Number.MAX_SAFE_INTEGER, currency: 'EUR' } });
    shop.product.known.set(
      productId,
      fact(productId, { price: { amountMinor: Number.MAX_SAFE_INTEGER, currency: 'EUR' } }),
    );
    const response = await shop.place(cart([{ productId, quantity: 2 }]));
    expect(await outcome(response)).toEqual({ status: 422, slug: 'order-too-large' });
  });
});

describe('a copy of a product that is behind', () => {
  it('is mended by asking product, and the order is placed', async () => {
    const [fresh, old] = [randomUUID(), await shop.sell({ available: 0 })];
    shop.product.known.set(fresh, fact(fresh, { name: 'New', version: 3 }));
    shop.product.known.set(old, fact(old, { available: 7, name: 'Renamed', version: 2 }));
    const body = cart([
      { productId: fresh, quantity: 1 },
      { productId: old, quantity: 7 },
    ]);
    const view = (await (await shop.place(body)).json()) as OrderView;
    expect(view.items.map(({ name }) => name)).toEqual(['New', 'Renamed']);
    shop.product.asked.length = 0;
    expect((await shop.place(body)).status).toBe(202);
    expect(shop.product.asked).toEqual([]);
  });
  it('is not made older by an answer that was late, or by an event', async () => {
    const productId = await shop.sell({ version: 5, name: 'Five', available: 0 });
    shop.product.known.set(productId, fact(productId, { version: 4, name: 'Four' }));
    const body = cart([{ productId, quantity: 1 }]);
    expect((await shop.place(body)).status).toBe(409);
    await shop.sell({ productId, version: 4, name: 'Four' });
    expect((await shop.place(body)).status).toBe(409);
    await shop.sell({ productId, version: 6, name: 'Six' });
    const view = (await (await shop.place(body)).json()) as OrderView;
    expect(view.items[0]?.name).toBe('Six');
  });
  it.each(['never', 'badly'] as const)('and a product that answers %s: 503, and nothing is placed', async (answer) => {
    shop.product.answer = answer;
    const response = await shop.place(cart([{ productId: randomUUID(), quantity: 1 }]));
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await outcome(response)).toEqual({ status: 503, slug: 'unavailable' });
    expect(await countOrders()).toBe(0);
  });
});
