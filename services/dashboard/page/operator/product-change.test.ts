import { expect, it } from 'vitest';
import { versionToChange } from './product-version.ts';

const loaded = {
  id: 'a',
  name: 'Kettle',
  description: null,
  price: { amountMinor: 100, currency: 'EUR' },
  available: 4,
  isActive: true,
  imageUrl: null,
  version: 3,
};

it('sold meanwhile: the change is made to the latest version', () => {
  expect(versionToChange(loaded, { ...loaded, available: 1, imageUrl: 'x', version: 7 })).toBe(7);
});

it.each([
  { name: 'Pot' },
  { description: 'New.' },
  { isActive: false },
  { price: { amountMinor: 101, currency: 'EUR' } },
  { price: { amountMinor: 100, currency: 'CHF' } },
])('somebody changed it to %o: the change is made to what was seen, and refused', (news) => {
  expect(versionToChange(loaded, { ...loaded, ...news, version: 7 })).toBe(3);
});

it('an older answer that comes late changes nothing', () => {
  expect(versionToChange(loaded, { ...loaded, version: 2 })).toBe(3);
  expect(versionToChange(loaded, undefined)).toBe(3);
});
