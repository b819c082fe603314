import { expect, it } from 'vitest';
import {
  addToCart,
  cartTotal,
  countOf,
  emptyCart,
  maxLines,
  maxQuantity,
  parseCart,
  renewCart,
  setQuantity,
  shortageOf,
} from './cart.ts';

const product = (id: string, amountMinor = 100, currency = 'EUR') => ({
  id,
  name: `Product ${id}`,
  price: { amountMinor, currency },
});
const full = addToCart(addToCart(emptyCart('key'), product('a'), 2), product('b', 350));

it('the same product again is more of it', () => {
  const cart = addToCart(full, product('a'));
  expect(cart.lines.map((line) => [line.productId, line.quantity])).toEqual([
    ['a', 3],
    ['b', 1],
  ]);
  expect([countOf(cart), cartTotal(cart)]).toEqual([4, [{ amountMinor: 650, currency: 'EUR' }]]);
});

it('none of a product is no line, and too much is the most that an order takes', () => {
  expect(setQuantity(full, 'a', 0).lines.map((line) => line.productId)).toEqual(['b']);
  expect(setQuantity(full, 'a', 9_999).lines[0]?.quantity).toBe(maxQuantity);
  let cart = emptyCart('key');
  for (let index = 0; index <= maxLines; index += 1) cart = addToCart(cart, product(String(index)));
  expect(cart.lines).toHaveLength(maxLines);
});

it('every change of a cart keeps its key: however it is sent, it becomes one order', () => {
  for (const cart of [addToCart(full, product('c')), setQuantity(full, 'a', 5), renewCart(full, [product('a', 1)])]) {
    expect(cart.key).toBe('key');
  }
});

it('currencies have totals of their own', () => {
  expect(cartTotal(addToCart(full, product('c', 980, 'JPY')))).toEqual([
    { amountMinor: 550, currency: 'EUR' },
    { amountMinor: 980, currency: 'JPY' },
  ]);
});

it('prices are renewed, and a cart that is up to date stays the same object', () => {
  expect(cartTotal(renewCart(full, [product('a', 200)]))).toEqual([{ amountMinor: 750, currency: 'EUR' }]);
  expect(renewCart(full, [product('a'), product('b', 350)])).toBe(full);
});

it('what the browser kept is read back', () => {
  expect(parseCart(JSON.stringify(full), 'other')).toEqual(full);
});

it.each([null, '', '{', '[]', '{"key":1,"lines":[]}', '{"key":"a","lines":{}}'])('%s is no cart', (text) => {
  expect(parseCart(text, 'new')).toEqual({ key: 'new', lines: [] });
});

it('a line that is none is left out', () => {
  const lines = [null, { productId: 'a' }, { ...full.lines[0], quantity: '2' }, { ...full.lines[0], quantity: -4 }];
  expect(parseCart(JSON.stringify({ key: 'a', lines }), 'new').lines).toEqual([{ ...full.lines[0], quantity: 1 }]);
});

it.each([
  [undefined, undefined],
  [null, 'Not sold any more'],
  [{ available: 9, isActive: false }, 'Not sold any more'],
  [{ available: 0, isActive: true }, 'Out of stock'],
  [{ available: 2, isActive: true }, 'Only 2 in stock'],
  [{ available: 3, isActive: true }, undefined],
])('three of %o: %s', (known, words) => {
  expect(shortageOf({ quantity: 3 }, known)).toBe(words);
});
