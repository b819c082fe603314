import type { Product } from '../api/shop-types.ts';
import { readAmount, writeAmount } from '../text/money.ts';

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

/** What is wrong with a form before it is sent, by its fields. */
export type ProductFaults = Partial<Record<'name' | 'price', string>>;

/** What is sent, or what is wrong with it. */
export function readProductForm(
  given: Pick<FormData, 'get' | 'has'>,
  loaded: Product | undefined,
): { body: Record<string, unknown> } | { faults: ProductFaults } {
  const text = (name: string): string => String(given.get(name) ?? '').trim();
  const currency = loaded?.price.currency ?? text('currency');
  const amountMinor = readAmount(text('price'), currency);
  const faults = {
    ...(!text('name') && { name: 'Write a name.' }),
    ...(amountMinor === undefined && { price: `Write an amount in ${currency}, such as ${sampleOf(currency)}.` }),
  };
  if (Object.keys(faults).length > 0) return { faults };
  const description = text('description');
  // An empty description stays away from a new product; from a known one it is taken.
  const words = { name: text('name'), ...((description || loaded?.description) && { description }) };
  const body = { ...words, price: { amountMinor, currency } };
  return {
    body: { ...body, ...(loaded ? { isActive: given.has('isActive') } : { stock: Number(text('stock') || 0) }) },
  };
}

/** 12.50 for euros, 1250 for yen. */
const sampleOf = (currency: string): string => writeAmount({ amountMinor: 1_250, currency });
