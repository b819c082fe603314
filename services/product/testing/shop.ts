import { join } from 'node:path';
import { product } from '@millrace/catalog/services.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import { as } from '@millrace/runtime/testing/callers.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import type { ProductConfig } from '../config.ts';
import type { ProductView } from '../product.ts';
import { openStockKeeper, reactionsOf } from '../reactions.ts';
import { apiRoutes } from '../routes.ts';
import type { StockKeeper } from '../stock-keeping.ts';

/** This service in a test, with what operators and orders do to it. */
export interface Shop extends TestService<ProductConfig> {
  keeper: StockKeeper;
  /** Asks the API: with a body as JSON, with scope products:write unless another caller is named. */
  ask(method: string, path: string, request?: Asked): Promise<Response>;
  /** Adds a product and gives it back. */
  add(facts?: { name?: string; description?: string; stock?: number; amountMinor?: number }): Promise<ProductView>;
  show(id: string): Promise<ProductView>;
}

interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  caller?: Record<string, string>;
}

export const operator = as('olga', 'products:write');

interface ShopOptions {
  clock?: Clock;
  /** Without consumers nothing is delivered. */
  hasConsumers?: boolean;
  uploads?: Uploads;
}

const settings = {
  SIGNING_KEY: 'a key of more than thirty-two characters',
  PRODUCTS_BUCKET: 'dev-millrace-products',
  RESERVATION_MINUTES: 15,
  ISSUER_URL: 'http://127.0.0.1:9',
  JWKS_URL: 'http://127.0.0.1:9/jwks',
  CLIENT_IDS: ['page'],
};

export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const { clock, uploads, hasConsumers = true } = options;
  let keeper: StockKeeper | undefined;
  const service = await openTestService<ProductConfig>({
    service: product,
    migrations: join(import.meta.dirname, '..', 'migrations'),
    config: settings,
    routes: (own) => {
      keeper ??= openStockKeeper(own);
      return apiRoutes(own, uploads);
    },
    ...(hasConsumers && {
      reactions: (own) => {
        keeper ??= openStockKeeper(own);
        return reactionsOf(own, { keeper, ...(uploads && { uploads }) });
      },
    }),
    ...(clock && { clock }),
  });
  keeper ??= openStockKeeper(service.own);
  const ask: Shop['ask'] = async (method, path, { body, headers = {}, caller = operator } = {}) =>
    service.app.request(path, {
      method,
      headers: { ...caller, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const add: Shop['add'] = async ({ name = 'A thing', description = '', stock = 10, amountMinor = 1_000 } = {}) => {
    const price = { amountMinor, currency: 'EUR' };
    const response = await ask('POST', '/api/products', { body: { name, description, stock, price } });
    if (response.status !== 201) throw new Error(`not added: ${await response.text()}`);
    return (await response.json()) as ProductView;
  };
  const show: Shop['show'] = async (id) => (await (await ask('GET', `/api/products/${id}`)).json()) as ProductView;
  return { ...service, keeper, ask, add, show };
}
