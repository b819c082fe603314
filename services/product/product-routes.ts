import { etag } from '@millrace/runtime/entity-tag.ts';
import type { CursorUse } from '@millrace/runtime/paging.ts';
import { cutPage, pageOf, pageQuery, readCursor } from '@millrace/runtime/paging.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { mayWrite, noProduct, productParams, showProduct } from './api-parts.ts';
import { productView } from './product.ts';
import { findProduct, listProducts } from './product-store.ts';
import { readSearch } from './search.ts';

const productQuery = pageQuery.extend({ q: z.string().max(200).optional() });
type ProductQuery = z.output<typeof productQuery>;

const position = z.strictObject({ rank: z.int().min(0), id: z.uuid() });

/** Finding and showing products. */
export function productRoutes(parts: ApiParts): Route[] {
  return [listRoute(parts), listAllRoute(parts), showRoute(parts)];
}

function listRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/products',
    operationId: 'listProducts',
    summary: 'Lists what is on sale: what fits a search best first, otherwise the newest first.',
    policy: 'public',
    query: productQuery,
    responses: { 200: { description: 'A page.', schema: pageOf(productView) } },
    handle: async ({ query }) => json(200, await pageOfProducts(parts, { query, hasRetired: false })),
  });
}

function listAllRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/products/all',
    operationId: 'listAllProducts',
    summary: 'Lists every product, retired ones too.',
    policy: mayWrite,
    query: productQuery,
    responses: { 200: { description: 'A page.', schema: pageOf(productView) } },
    handle: async ({ query }) => json(200, await pageOfProducts(parts, { query, hasRetired: true })),
  });
}

async function pageOfProducts(parts: ApiParts, wish: { query: ProductQuery; hasRetired: boolean }): Promise<object> {
  const { query, hasRetired } = wish;
  const terms = readSearch(query.q);
  // A place in the list of one search says nothing in another's.
  const list = hasRetired ? 'all-products' : 'products';
  const use: CursorUse = { signingKeys: parts.signingKeys, purpose: `${list}:${terms?.whole ?? ''}` };
  const after = await readCursor(query.cursor, position, use);
  const found = await listProducts(parts.database.db, { terms, hasRetired, after, limit: query.limit + 1 });
  const positionOf = ({ rank, id }: { rank: number; id: string }) => ({ rank, id });
  const { rows, nextCursor } = cutPage(found, query.limit, { ...use, positionOf });
  return { items: await Promise.all(rows.map((row) => showProduct(parts, row))), nextCursor };
}

function showRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/products/:id',
    operationId: 'showProduct',
    summary: 'Shows a product, also a retired one. ETag is its version.',
    policy: 'public',
    params: productParams,
    responses: { 200: { description: 'The product.', schema: productView } },
    handle: async ({ params }) => {
      const row = await findProduct(parts.database.db, params.id);
      if (!row) throw noProduct();
      return json(200, await showProduct(parts, row), etag(row.version));
    },
  });
}
