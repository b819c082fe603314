import { expect, it } from 'vitest';
import { everyDay } from './shop-days.ts';

const range = { from: '2026-03-01T18:00:00.000Z', to: '2026-03-04T18:00:00.000Z' };

it('days without orders have a place too, the first and the last are parts of days', () => {
  const busy = { at: '2026-03-03T00:00:00.000Z', placed: 5, confirmed: 4, revenueMinor: 100 };
  const days = everyDay({ ...range, series: [busy] });
  expect(days.map(({ at, placed }) => [at.slice(0, 10), placed])).toEqual([
    ['2026-03-01', 0],
    ['2026-03-02', 0],
    ['2026-03-03', 5],
    ['2026-03-04', 0],
  ]);
});

it('a range that ends with a day has no bar of the next one', () => {
  expect(everyDay({ from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z', series: [] })).toHaveLength(1);
});
