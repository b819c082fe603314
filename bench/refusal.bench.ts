import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median, percentile } from './measurement.ts';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { address } from './shop.ts';

const arriveMs = 30_000;
const warmUp = 50;

/** B30: a thing of somebody else is refused like one that does not exist, and takes as long. */
export const refusal: Bench = {
  name: 'refusal',
  what: 'what belongs to somebody else beside what does not exist, asked in turn through the gateway',
  run: async (context) => {
    const platform = await startPlatform();
    try {
      return await measure(platform, context);
    } finally {
      await platform.stop();
    }
  },
};

async function measure(platform: Platform, context: BenchContext): Promise<Figure[]> {
  const owner = await platform.authorizationOf(randomUUID(), ['products:write']);
  const stranger = await platform.authorizationOf(randomUUID());
  const order = await buySomething(platform, owner);
  const notice = await firstOf(platform, owner, '/api/notifications');
  await firstOf(platform, owner, `/api/payments?orderId=${order}`);
  const paths: [string, (id: string) => string, string][] = [
    ['an order', (id) => `/api/orders/${id}`, order],
    ['a payment', (id) => `/api/payments?orderId=${id}`, order],
    ['a notice', (id) => `/api/notifications/${id}`, notice],
  ];
  const figures: Figure[] = [];
  for (const [what, path, id] of paths) {
    const pairs = context.isQuick ? 100 : 1_000;
    const theirs: number[] = [];
    const none: number[] = [];
    for (let pair = 0; pair < pairs + warmUp; pair += 1) {
      const foreignMs = await timeOf(platform, stranger, path(id));
      const missingMs = await timeOf(platform, stranger, path(randomUUID()));
      if (pair < warmUp) continue;
      theirs.push(foreignMs);
      none.push(missingMs);
    }
    figures.push(ratioOf(what, theirs, none));
  }
  return figures;
}

function ratioOf(what: string, theirs: readonly number[], none: readonly number[]): Figure {
  const spread = (times: readonly number[]) => ({ p50Ms: median(times), p90Ms: percentile(times, 90) });
  return {
    bar: 'B30',
    what: `${what} of somebody else beside a missing one, median`,
    value: median(theirs) / median(none),
    unit: '×',
    atLeast: 0.9,
    atMost: 1.1,
    detail: { theirs: spread(theirs), none: spread(none), pairs: theirs.length },
  };
}

async function timeOf(platform: Platform, authorization: string, path: string): Promise<number> {
  const beganMs = performance.now();
  const response = await fetch(platform.endpoints.gateway + path, { headers: { authorization } });
  await response.arrayBuffer();
  if (response.status !== 404) throw new Error(`${path} was answered with ${response.status}, not 404`);
  return performance.now() - beganMs;
}

async function buySomething(platform: Platform, authorization: string): Promise<string> {
  const send = async (method: string, path: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await fetch(platform.endpoints.gateway + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  await send('PUT', '/api/users/me', { name: 'Ada Archer', email: 'ada@example.com' });
  const price = { amountMinor: 100, currency: 'EUR' };
  const product = await send('POST', '/api/products', { name: 'A thing of the bench', price, stock: 10 });
  const items = [{ productId: product.id, quantity: 1 }];
  return (await send('POST', '/api/orders', { items, address, paymentToken: 'tok_ok' })).id;
}

/** The id of the first item of a list, once there is one. */
async function firstOf(platform: Platform, authorization: string, path: string): Promise<string> {
  for (const end = performance.now() + arriveMs; performance.now() < end; await wait(50)) {
    const response = await fetch(platform.endpoints.gateway + path, { headers: { authorization } });
    if (!response.ok) continue;
    const { items } = (await response.json()) as { items: { id: string }[] };
    if (items[0]) return items[0].id;
  }
  throw new Error(`${path} stayed empty`);
}
