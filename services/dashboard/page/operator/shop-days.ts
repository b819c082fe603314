import type { ShopFigures } from '../api/shop-types.ts';

const dayMs = 86_400_000;

/** A bar for each UTC day of the range: analytics leaves out the days without orders. */
export function everyDay({ from, to, series }: Pick<ShopFigures, 'from' | 'to' | 'series'>): ShopFigures['series'] {
  const known = new Map(series.map((one) => [Date.parse(one.at), one]));
  const days: ShopFigures['series'] = [];
  const firstMs = Math.floor(Date.parse(from) / dayMs) * dayMs;
  for (let atMs = firstMs; atMs < Date.parse(to); atMs += dayMs) {
    const none = { at: new Date(atMs).toISOString(), placed: 0, confirmed: 0, revenueMinor: 0 };
    days.push(known.get(atMs) ?? none);
  }
  return days;
}
