import { expect, it } from 'vitest';
import { readProductForm, versionToChange } from './product-change.ts';

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

it('a new product has a stock, a known one is sold or not', () => {
  const form = new URLSearchParams({ name: ' Pot ', description: '', price: '12,5', currency: 'EUR', stock: '4' });
  expect(readProductForm(form, undefined)).toEqual({
    body: { name: 'Pot', price: { amountMinor: 1_250, currency: 'EUR' }, stock: 4 },
  });
  expect(readProductForm(form, { ...loaded, description: 'Old.' })).toEqual({
    body: { name: 'Pot', description: '', price: { amountMinor: 1_250, currency: 'EUR' }, isActive: false },
  });
});

it('what is no amount or no name is said before anything is sent, all at once', () => {
  const form = new URLSearchParams({ name: ' ', price: '12.345', currency: 'EUR' });
  expect(readProductForm(form, undefined)).toEqual({
    faults: { name: 'Write a name.', price: 'Write an amount in EUR, such as 12.50.' },
  });
  const yen = new URLSearchParams({ name: 'Pot', price: '12.5', currency: 'JPY' });
  expect(readProductForm(yen, undefined)).toEqual({ faults: { price: 'Write an amount in JPY, such as 1250.' } });
});
