import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { showProduct } from './api-parts.ts';
import { readProducts } from './product-store.ts';
import { rankRecommendations, recommendationsView } from './recommendation.ts';
import { readCandidates } from './recommendation-store.ts';

const wish = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(12),
  /** What the caller looks at. */
  productId: z.uuid().optional(),
});

/** What else might please whoever calls. */
export function recommendationRoutes(parts: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/products/recommendations',
      operationId: 'recommendProducts',
      summary: 'Recommends products that are in stock: bought together with one or with yours, popular, or new.',
      policy: 'person',
      query: wish,
      responses: { 200: { description: 'The best first.', schema: recommendationsView } },
      handle: async ({ query, subject }) => {
        const facts = await readCandidates(parts.database.db, {
          userId: userIdOf(subject),
          productId: query.productId,
        });
        const ranked = rankRecommendations({ ...facts, bought: new Set(facts.bought) }).slice(0, query.limit);
        const rows = await readProducts(
          parts.database.db,
          ranked.map(({ productId }) => productId),
        );
        const byId = new Map(rows.map((row) => [row.id, row]));
        const items = ranked.flatMap(({ productId, reason }) => {
          const row = byId.get(productId);
          return row ? [{ row, reason }] : [];
        });
        const shown = items.map(async ({ row, reason }) => ({ product: await showProduct(parts, row), reason }));
        return json(200, { items: await Promise.all(shown) });
      },
    }),
  ];
}
