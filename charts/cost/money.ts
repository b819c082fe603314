/** US dollars as whole cents: what is shown adds up to the total that is shown. */
export const cents = (usd: number): number => Math.round(usd * 100 + 1e-7);

/** Cents for a person: `1,234.50`. */
export const dollars = (amountCents: number): string => format.format(amountCents / 100);

/** A difference in cents for a person: `+12.00`, `-3.50`, `0.00`. */
export const signedDollars = (amountCents: number): string => `${amountCents > 0 ? '+' : ''}${dollars(amountCents)}`;

/** A sum of cents. */
export const sumCents = (amounts: readonly number[]): number => amounts.reduce((total, each) => total + each, 0);

/** Small amounts, such as the price of a thousand orders: three digits that matter, at most a millionth of a dollar. */
export const fineDollars = (usd: number): string =>
  usd > 0 && usd < 1e-6 ? '< 0.000001' : fine.format(Number(usd.toPrecision(3)));

const format = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });
