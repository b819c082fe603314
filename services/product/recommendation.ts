import { z } from 'zod';
import { productView } from './product.ts';

export const reasons = ['bought-together', 'popular', 'new'] as const;
export type Reason = (typeof reasons)[number];

/** An answer to "what else?". */
export const recommendationsView = z.object({
  items: z.array(z.object({ product: productView, reason: z.enum(reasons) })),
});

/** Product ids that may be recommended, each list with the best first. */
export interface Candidates {
  together: readonly string[];
  popular: readonly string[];
  newest: readonly string[];
  /** What the caller has already; it comes last. */
  bought: ReadonlySet<string>;
}

export interface Recommendation {
  productId: string;
  reason: Reason;
}

/** Ranks candidates, each once: what goes with it, then what is popular, then what is new; at the end what was bought before. */
export function rankRecommendations(candidates: Candidates): Recommendation[] {
  const reasonOf = new Map<string, Reason>();
  const add = (ids: readonly string[], reason: Reason): void => {
    for (const id of ids) if (!reasonOf.has(id)) reasonOf.set(id, reason);
  };
  add(candidates.together, 'bought-together');
  add(candidates.popular, 'popular');
  add(candidates.newest, 'new');
  const ranked = [...reasonOf].map(([productId, reason]): Recommendation => ({ productId, reason }));
  const isBought = ({ productId }: Recommendation): boolean => candidates.bought.has(productId);
  return [...ranked.filter((one) => !isBought(one)), ...ranked.filter(isBought)];
}

/** A purchase of products together by one person. */
export interface Purchase {
  userId: string;
  productIds: readonly string[];
}

/** An order of a hundred products would make 4,950 pairs: only its first 14 products make pairs, 91 at most. */
export const maxPairedProducts = 14;

interface Pair {
  productId: string;
  otherId: string;
  orders: number;
}

/** How often each two products stand together in these purchases, in both directions, in the order of their ids. */
export function countPairs(purchases: readonly Purchase[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { productIds } of purchases) {
    const paired = productIds.slice(0, maxPairedProducts);
    for (const productId of paired) {
      for (const otherId of paired) {
        if (productId === otherId) continue;
        const key = `${productId} ${otherId}`;
        const pair = pairs.get(key);
        if (pair) pair.orders += 1;
        else pairs.set(key, { productId, otherId, orders: 1 });
      }
    }
  }
  return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pair]) => pair);
}
