/** Integer minor units (cents) and an ISO 4217 currency. */
export interface Money {
  amountMinor: number;
  currency: string;
}

const locale = 'en';
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  let known = formats.get(currency);
  if (!known) {
    known = new Intl.NumberFormat(locale, { style: 'currency', currency });
    formats.set(currency, known);
  }
  return known;
}

/** How many digits a currency has after its point: 2 for euros, 0 for yen. */
export const digitsOf = (currency: string): number => formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;

/** €1,234.50 · ¥980 */
export const formatMoney = ({ amountMinor, currency }: Money): string =>
  formatOf(currency).format(amountMinor / 10 ** digitsOf(currency));

/** 1234.50, as it stands in a field. */
export const writeAmount = ({ amountMinor, currency }: Money): string =>
  (amountMinor / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));

/** Reads what a person writes: 12, 12.5, 12,50. Nothing for what is no amount, or has more digits than the currency. */
export function readAmount(text: string, currency: string): number | undefined {
  const found = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  const digits = digitsOf(currency);
  const [, whole = '', part = ''] = found ?? [];
  if (!found || part.length > digits) return undefined;
  return Number(whole + part.padEnd(digits, '0'));
}

/** Sums of money, one for each currency. */
export function sumMoney(amounts: readonly Money[]): Money[] {
  const sums = new Map<string, number>();
  for (const { currency, amountMinor } of amounts) sums.set(currency, (sums.get(currency) ?? 0) + amountMinor);
  return [...sums].map(([currency, amountMinor]) => ({ currency, amountMinor }));
}
