import type { Product } from '../api/shop-types.ts';

const fewLeft = 5;

/** Is there enough of it, in words. */
export function stockWords({ available }: Pick<Product, 'available'>): {
  words: string;
  tone: 'good' | 'few' | 'none';
} {
  if (available === 0) return { words: 'Out of stock', tone: 'none' };
  return available <= fewLeft ? { words: `Only ${available} left`, tone: 'few' } : { words: 'In stock', tone: 'good' };
}
