import type { Product } from '../api/shop-types.ts';

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
