import { expect, it } from 'vitest';
import { ApiError } from '../api/client.ts';
import { mayRepeat, missingIn, readRefusal } from './place-order.ts';

const say = (): string => 'It did not work.';

it('faults stand at their lines and fields', () => {
  const pointers = {
    '/items/1/productId': 'Not sold any more.',
    '/items/1/quantity': 'Too many.',
    '/address/postalCode': 'Write a postal code.',
    '/paymentToken': 'Unknown card.',
  };
  expect(readRefusal(new ApiError(422, 'Not valid.', { pointers }), say)).toEqual({
    fields: { postalCode: 'Write a postal code.', card: 'Unknown card.' },
    lines: { 1: 'Not sold any more.' },
    rest: [],
    isOtherOrder: false,
  });
});

it('a line says in words what the server says with numbers of products', () => {
  const error = new ApiError(409, 'Not everything is in stock.', {
    pointers: { '/items/0': '01a1: 2 wanted, 0 in stock.', '/items/2': 'Something new.' },
    codes: { '/items/0': 'out-of-stock', '/items/2': 'of-another-kind' },
  });
  expect(readRefusal(error, say).lines).toEqual({ 0: 'Not enough in stock', 2: 'Something new.' });
});

it('what belongs nowhere is said once, at the end', () => {
  const said = readRefusal(new ApiError(422, 'Not valid.', { pointers: { '/items': 'Empty.' } }), say);
  expect(said.rest).toEqual(['Empty.']);
  expect(readRefusal(new ApiError(409, 'Out of stock.'), say).rest).toEqual(['It did not work.']);
  expect(readRefusal(new TypeError('x'), say).rest).toEqual(['It did not work.']);
});

it('an order that was placed from this cart before is known by its problem', () => {
  expect(readRefusal(new ApiError(422, '…', { slug: 'idempotency-mismatch' }), say).isOtherOrder).toBe(true);
});

it.each([
  [0, '', true],
  [503, 'unavailable', true],
  [429, 'too-many-requests', true],
  [409, 'idempotency-in-progress', true],
  [409, 'out-of-stock', false],
  [422, 'invalid-body', false],
  [401, 'session-over', false],
])('%s %s is sent again by itself: %s', (status, slug, expected) => {
  expect(mayRepeat(new ApiError(status, '…', { slug }))).toBe(expected);
});

it('an address that lacks something is known before it is sent', () => {
  const whole = { street: 'Ring 1', postalCode: '1010', city: 'Wien', country: 'AT' };
  expect(missingIn(whole)).toEqual({});
  expect(missingIn({ ...whole, street: '', city: ' ' })).toEqual({ street: 'Write a street.', city: 'Write a city.' });
});
