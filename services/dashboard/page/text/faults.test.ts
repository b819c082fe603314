import { expect, it } from 'vitest';
import { lineOf, sortFaults } from './faults.ts';

const places = { name: '/name', price: '/price', city: '/address/city' };

it('what is wrong stands beside the field that it was sent from', () => {
  expect(sortFaults({ '/name': 'Too long.', '/address/city': 'Write a city.' }, places)).toEqual({
    fields: { name: 'Too long.', city: 'Write a city.' },
    rest: [],
  });
});

it('what is said of a part of a value is said of its field, the first sentence first', () => {
  expect(sortFaults({ '/price/amountMinor': 'Below zero.', '/price/currency': 'Unknown.' }, places)).toEqual({
    fields: { price: 'Below zero.' },
    rest: [],
  });
});

it('what belongs to no field is kept', () => {
  const said = { '': 'Not an object.', '/names': 'Unknown field.', '/address': 'Missing.' };
  expect(sortFaults(said, places)).toEqual({ fields: {}, rest: ['Not an object.', 'Unknown field.', 'Missing.'] });
});

it.each([
  ['/items/2/productId', 2],
  ['/items/0', 0],
  ['/items', undefined],
  ['/items/x', undefined],
  ['/lines/1', undefined],
])('%s speaks of line %s', (pointer, line) => {
  expect(lineOf(pointer)).toBe(line);
});
