import { expect, it } from 'vitest';
import { isPlace, readPlace } from './place.ts';

const id = '00000000-0000-7000-8000-0000000000a1';

it.each([
  ['/', { name: 'analytics' }],
  ['/shop', { name: 'shop' }],
  ['/orders', { name: 'orders' }],
  [`/orders/${id.toUpperCase()}`, { name: 'order', id }],
  ['/orders/1', { name: 'nowhere' }],
  [`/orders/${id}/`, { name: 'nowhere' }],
  ['/toString', { name: 'nowhere' }],
  ['', { name: 'nowhere' }],
])('%s is %o', (path, place) => {
  expect(readPlace(path)).toEqual(place);
  expect(isPlace(path)).toBe(place.name !== 'nowhere');
});
