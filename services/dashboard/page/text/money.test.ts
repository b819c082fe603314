import { expect, it } from 'vitest';
import { formatMoney, readAmount, sumMoney, writeAmount } from './money.ts';

it.each([
  [1_234_50, 'EUR', '€1,234.50', '1234.50'],
  [0, 'USD', '$0.00', '0.00'],
  [980, 'JPY', '¥980', '980'],
])('%s of %s is %s', (amountMinor, currency, shown, written) => {
  expect([formatMoney({ amountMinor, currency }), writeAmount({ amountMinor, currency })]).toEqual([shown, written]);
});

it.each([
  ['12', 'EUR', 1_200],
  ['12.5', 'EUR', 1_250],
  [' 0,07 ', 'EUR', 7],
  ['980', 'JPY', 980],
  ['9.5', 'JPY', undefined],
  ['1.005', 'EUR', undefined],
  ['-1', 'EUR', undefined],
  ['1e3', 'EUR', undefined],
  ['', 'EUR', undefined],
])('%s in %s is read as %s', (text, currency, amount) => {
  expect(readAmount(text, currency)).toBe(amount);
});

it('what is written is read back, for every amount', () => {
  for (const currency of ['EUR', 'JPY']) {
    for (const amountMinor of [0, 1, 9, 10, 99, 100, 101, 99_999, 123_456_789]) {
      expect(readAmount(writeAmount({ amountMinor, currency }), currency)).toBe(amountMinor);
    }
  }
});

it('currencies are not mixed', () => {
  const euros = (amountMinor: number) => ({ amountMinor, currency: 'EUR' });
  expect(sumMoney([euros(1), { amountMinor: 5, currency: 'CHF' }, euros(2)])).toEqual([
    euros(3),
    { amountMinor: 5, currency: 'CHF' },
  ]);
});
