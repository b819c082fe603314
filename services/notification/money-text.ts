import type { Money } from '@millrace/catalog/events/money.ts';

// Making one costs a thousand times as much as using it; there is one for each currency.
const formats = new Map<Money['currency'], Intl.NumberFormat>();

/** An amount as a person reads it: `€1,234.50`, `¥500`. */
export function moneyText({ amountMinor, currency }: Money): string {
  const format = formats.get(currency) ?? new Intl.NumberFormat('en', { style: 'currency', currency });
  formats.set(currency, format);
  const places = format.resolvedOptions().maximumFractionDigits ?? 2;
  const digits = String(amountMinor).padStart(places + 1, '0');
  const point = digits.length - places;
  // As a decimal text, because a large amount divided by 100 would be rounded.
  const decimal = places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return format.format(decimal as Intl.StringNumericLiteral);
}
