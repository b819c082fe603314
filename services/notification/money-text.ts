import type { Money } from '@millrace/catalog/events/money.ts';

/** An amount as a person reads it: `€1,234.50`, `¥500`. */
export function moneyText({ amountMinor, currency }: Money): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const places = format.resolvedOptions().maximumFractionDigits ?? 2;
  const digits = String(amountMinor).padStart(places + 1, '0');
  const point = digits.length - places;
  // As a decimal text, because a large amount divided by 100 would be rounded.
  const decimal = places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return format.format(decimal as Intl.StringNumericLiteral);
}
