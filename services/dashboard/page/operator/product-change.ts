import type { Product } from '../api/shop-types.ts';
import { readAmount } from '../text/money.ts';

/**
 * The version that a change is made to. Orders change the stock of a product all the time: as long as what the form shows is
 * still so, it is a change of the latest version that is known; otherwise of the one that was loaded, and it is refused.
 */
export function versionToChange(loaded: Product, latest: Product | undefined): number {
  return latest && isSameForm(loaded, latest) ? Math.max(loaded.version, latest.version) : loaded.version;
}

const isSameForm = (a: Product, b: Product): boolean =>
  a.id === b.id &&
  a.name === b.name &&
  (a.description ?? '') === (b.description ?? '') &&
  a.isActive === b.isActive &&
  a.price.amountMinor === b.price.amountMinor &&
  a.price.currency === b.price.currency;

/** What is sent, or what is wrong with the price. */
export function readProductForm(
  given: Pick<FormData, 'get' | 'has'>,
  loaded: Product | undefined,
): Record<string, unknown> | string {
  const text = (name: string): string => String(given.get(name) ?? '').trim();
  const currency = loaded?.price.currency ?? text('currency');
  const amountMinor = readAmount(text('price'), currency);
  if (amountMinor === undefined) return `Write an amount in ${currency}, such as 12.50.`;
  const description = text('description');
  // An empty description stays away from a new product; from a known one it is taken.
  const words = { name: text('name'), ...((description || loaded?.description) && { description }) };
  const body = { ...words, price: { amountMinor, currency } };
  return loaded ? { ...body, isActive: given.has('isActive') } : { ...body, stock: Number(text('stock') || 0) };
}
