import { randomUUID } from 'node:crypto';
import type { Call } from './stand-in-call.ts';
import {
  checkVersion,
  invalid,
  needScope,
  needSession,
  notFound,
  readJson,
  sendJson,
  sendPage,
  sendVersion,
} from './stand-in-call.ts';
import type { Shop, StandInProduct } from './stand-in-shop.ts';
import { grantUpload } from './stand-in-uploads.ts';

interface ProductBody {
  name?: string;
  description?: string;
  price?: { amountMinor: number; currency: string };
  stock?: number;
  isActive?: boolean;
}

/** The product API. @returns whether the call was for it. */
export async function answerProducts(shop: Shop, call: Call): Promise<boolean> {
  const { method, path } = call;
  if (path === '/products' && method === 'GET') sendPage(call, find(shop, call, { withRetired: false }));
  else if (path === '/products') await create(shop, call);
  else if (path === '/products/all') {
    needScope(call, 'products:write');
    sendPage(call, find(shop, call, { withRetired: true }));
  } else if (path === '/products/recommendations') recommend(shop, call);
  else return answerProduct(shop, call);
  return true;
}

async function answerProduct(shop: Shop, call: Call): Promise<boolean> {
  const [, id, rest] = /^\/products\/([^/]+)(\/stock|\/image)?$/.exec(call.path) ?? [];
  if (id === undefined) return false;
  const product = shop.products.find((one) => one.id === id);
  if (!product) throw notFound();
  if (call.method === 'GET') sendVersion(call.answer, product);
  else if (rest === '/stock') await restock(shop, call, product);
  else if (rest === '/image') {
    needScope(call, 'products:write');
    await grantUpload(shop, call, {
      maxBytes: 5 * 1024 * 1024,
      onStored: (url) => change(shop, product, { imageUrl: url }),
    });
  } else await patch(shop, call, product);
  return true;
}

function find(shop: Shop, call: Call, options: { withRetired: boolean }): StandInProduct[] {
  const words = (call.url.searchParams.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return shop.products.filter((product) => {
    const text = `${product.name} ${product.description}`.toLowerCase();
    return (product.isActive || options.withRetired) && words.every((word) => text.includes(word));
  });
}

function recommend(shop: Shop, call: Call): void {
  needSession(call);
  const limit = Number(call.url.searchParams.get('limit') ?? 4);
  const reasons = ['bought-together', 'popular', 'new'] as const;
  const items = find(shop, call, { withRetired: false })
    .filter((product) => product.available > 0)
    .slice(3, 3 + limit)
    .map((product, index) => ({ product, reason: reasons[index % reasons.length] }));
  sendJson(call.answer, { items });
}

async function create(shop: Shop, call: Call): Promise<void> {
  needScope(call, 'products:write');
  const body = await readJson<ProductBody>(call.request);
  check(body);
  const product = makeProduct(
    { name: body.name ?? '', description: body.description ?? '', available: body.stock ?? 0 },
    shop.now(),
  );
  Object.assign(product, body.price && { price: body.price });
  shop.products.unshift(product);
  call.answer.setHeader('location', `/api/products/${product.id}`);
  sendVersion(call.answer, product, 201);
}

async function patch(shop: Shop, call: Call, product: StandInProduct): Promise<void> {
  needScope(call, 'products:write');
  checkVersion(call, product.version, { isNeeded: true });
  const body = await readJson<ProductBody>(call.request);
  check({ ...product, ...body });
  change(shop, product, body);
  sendVersion(call.answer, product);
}

async function restock(shop: Shop, call: Call, product: StandInProduct): Promise<void> {
  needScope(call, 'products:write');
  const { quantity } = await readJson<{ quantity: number }>(call.request);
  if (!(quantity >= 1 && quantity <= 1_000_000)) throw invalid('/quantity', 'Write a number from 1 to 1,000,000.');
  change(shop, product, { available: product.available + quantity });
  sendVersion(call.answer, product);
}

export function change(shop: Shop, product: StandInProduct, news: Partial<StandInProduct> | ProductBody): void {
  Object.assign(product, news, { version: product.version + 1, updatedAt: new Date(shop.now()).toISOString() });
}

function check(body: ProductBody): void {
  if (!body.name?.trim()) throw invalid('/name', 'Write 1 to 200 characters.', 'too-small');
  const amount = body.price?.amountMinor;
  if (amount === undefined || !Number.isInteger(amount) || amount < 0) {
    throw invalid('/price/amountMinor', 'Write an amount of zero or more.');
  }
}

export function makeProduct(
  facts: { name: string; description: string; available: number; amountMinor?: number },
  nowMs: number,
): StandInProduct {
  const { amountMinor = 0, ...words } = facts;
  const at = new Date(nowMs).toISOString();
  const price = { amountMinor, currency: 'EUR' };
  return {
    id: randomUUID(),
    ...words,
    price,
    isActive: true,
    imageUrl: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}
