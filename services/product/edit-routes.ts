import type { Transaction } from '@millrace/runtime/database.ts';
import { checkIfMatch, etag, ifMatchHeader } from '@millrace/runtime/entity-tag.ts';
import { idempotencyKeyHeader } from '@millrace/runtime/idempotency.ts';
import { appendEvents } from '@millrace/runtime/outbox.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import type { ApiParts, KeptProduct } from './api-parts.ts';
import { keepProduct, mayWrite, noProduct, productParams, showKept, showProduct } from './api-parts.ts';
import { productChanged } from './events.ts';
import type { NewProduct, ProductRow } from './product.ts';
import { applyPatch, maxAvailable, newProduct, productPatch, productView, restock } from './product.ts';
import { addProduct, addStock, changeProduct, findProduct, nextVersions } from './product-store.ts';
import { writeOnce } from './repeatable-write.ts';
import { lockStock } from './reservation-store.ts';

/** What operators do: new products, changes, and stock that came in. */
export function editRoutes(parts: ApiParts): Route[] {
  return [createRoute(parts), patchRoute(parts), restockRoute(parts)];
}

function createRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/products',
    operationId: 'createProduct',
    summary: 'Adds a product. With Idempotency-Key it may be repeated.',
    policy: mayWrite,
    headers: idempotencyKeyHeader(false),
    body: { schema: newProduct },
    responses: { 201: { description: 'Added.', schema: productView } },
    handle: async (request) => {
      const work = (tx: Transaction): Promise<KeptProduct> => create(tx, parts, request.body);
      const view = await showKept(
        parts,
        await writeOnce(parts.database, request, { operation: 'createProduct', work }),
      );
      return json(201, view, { location: `/api/products/${view.id}`, ...etag(view.version) });
    },
  });
}

async function create(tx: Transaction, parts: ApiParts, body: NewProduct): Promise<KeptProduct> {
  const now = parts.clock.now();
  const row: ProductRow = {
    id: parts.random.uuid(),
    name: body.name,
    description: body.description,
    priceMinor: body.price.amountMinor,
    currency: body.price.currency,
    isActive: true,
    imageKey: null,
    version: 1,
    createdAt: now,
    updatedAt: now,
    available: body.stock,
  };
  await addProduct(tx, row);
  await appendEvents(tx, [productChanged(row, parts)]);
  return keepProduct(row);
}

function patchRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/api/products/:id',
    operationId: 'changeProduct',
    summary: 'Changes a product, or retires it. If-Match names the version that was read.',
    policy: mayWrite,
    params: productParams,
    headers: ifMatchHeader(true),
    body: { schema: productPatch },
    responses: { 200: { description: 'The product as it is now.', schema: productView } },
    handle: async ({ params, body, headers }) => {
      if (headers.get('if-match') === null) {
        throw new Problem(428, 'precondition-required', 'Send If-Match with the ETag of the product that you read.');
      }
      const row = await inTransaction(parts.database, async (tx) => {
        // The row of stock is locked first, as everywhere: what is available is then exact in the event.
        await lockStock(tx, [params.id]);
        const before = await findProduct(tx, params.id);
        if (!before) throw noProduct();
        checkIfMatch(headers, before.version);
        const changed = applyPatch(before, body);
        if (!changed) return before;
        const after = { ...changed, version: before.version + 1, updatedAt: parts.clock.now() };
        await changeProduct(tx, after);
        await appendEvents(tx, [productChanged(after, parts)]);
        return after;
      });
      return json(200, await showProduct(parts, row), etag(row.version));
    },
  });
}

function restockRoute(parts: ApiParts): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/products/:id/stock',
    operationId: 'addStock',
    summary: 'Adds pieces to the stock. With Idempotency-Key it may be repeated.',
    policy: mayWrite,
    params: productParams,
    headers: idempotencyKeyHeader(false),
    body: { schema: restock },
    responses: { 200: { description: 'The product as it is now.', schema: productView } },
    handle: async (request) => {
      const { params, body } = request;
      const work = (tx: Transaction): Promise<KeptProduct> =>
        addPieces(tx, parts, { id: params.id, quantity: body.quantity });
      const view = await showKept(parts, await writeOnce(parts.database, request, { operation: 'addStock', work }));
      return json(200, view, etag(view.version));
    },
  });
}

async function addPieces(
  tx: Transaction,
  parts: ApiParts,
  part: { id: string; quantity: number },
): Promise<KeptProduct> {
  const now = parts.clock.now();
  const level = (await lockStock(tx, [part.id])).get(part.id.toLowerCase());
  if (!level) throw noProduct();
  if (level.available + part.quantity > maxAvailable) {
    throw new Problem(409, 'stock-limit', `No product may have more than ${maxAvailable} pieces.`);
  }
  await addStock(tx, { ...part, now });
  const [row] = await nextVersions(tx, { ids: [part.id], now });
  if (!row) throw noProduct();
  await appendEvents(tx, [productChanged(row, parts)]);
  return keepProduct(row);
}
