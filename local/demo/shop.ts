import { createHash } from 'node:crypto';
import type { Call } from '@millrace/runtime/gateway-client.ts';
import { firstProducts } from './first-products.ts';

/** A product as the shop lists it. */
export interface ListedProduct {
  id: string;
  name: string;
  available: number;
}

const maxPages = 10;
/** Below so many pieces the demo's operator orders new ones, so that a long demo does not run dry. */
const refillBelow = 5;
const refillPieces = 100;
const neverRefilled = 'Signed print';

/** Makes the products of the demo, each once: a repeated call finds its own idempotency keys. */
export async function stockShop(operator: Call): Promise<ListedProduct[]> {
  const known = await listProducts(operator);
  for (const { name, description, price, stock } of firstProducts) {
    if (known.some((product) => product.name === name)) continue;
    const body = JSON.stringify({ name, description, price: { amountMinor: price, currency: 'EUR' }, stock });
    const key = createHash('sha256').update(`demo product ${name}`).digest('hex').slice(0, 32);
    await operator('/api/products', { method: 'POST', body, headers: { 'idempotency-key': key } });
  }
  return listProducts(operator);
}

/** What is for sale, the first thousand. */
export async function listProducts(call: Call): Promise<ListedProduct[]> {
  const products: ListedProduct[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const { body } = await call(`/api/products?limit=100${after}`);
    const answer = body as { items: ListedProduct[]; nextCursor: string | null };
    products.push(...answer.items);
    cursor = answer.nextCursor;
    if (!cursor) break;
  }
  return products;
}

/** Orders new pieces of what is nearly gone, but for the one thing that may run out. */
export async function refill(operator: Call, products: readonly ListedProduct[]): Promise<void> {
  const low = products.filter(({ available, name }) => available < refillBelow && name !== neverRefilled);
  for (const { id } of low) {
    const body = JSON.stringify({ quantity: refillPieces });
    await operator(`/api/products/${id}/stock`, { method: 'POST', body, accept: [404, 409] });
  }
}
