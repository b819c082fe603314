import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import type { OpenApi } from './openapi-requests.ts';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';
import { makeProduct, orderIn, personOn, placed, register } from './shop.ts';

const requestCount = 50_000;
const seed = 20_260_101;
const scopes = 'analytics:read analytics:write analytics:import';

let platform: Platform;
beforeAll(async () => {
  platform = await sharedPlatform();
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

describe('the analytics API', () => {
  it(`answers ${requestCount} generated requests without a 500, a hang or an error that is no problem document`, async () => {
    const { gateway } = platform.endpoints;
    const sub = '0190b5f0-0000-7000-8000-0000000000aa';
    const good = await platform.token(scopes, sub);
    const site = await platform.createSite('fuzz.example', sub);
    const document = (await (await fetch(`${gateway}/api/analytics/openapi.json`)).json()) as OpenApi;
    expect(Object.keys(document.paths).length).toBeGreaterThanOrEqual(7);
    const { statuses, breaches } = await fuzz({
      gateway,
      document,
      known: {
        site: [site],
        from: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00+05:30'],
        to: ['2026-01-02T00:00:00Z', '2026-02-01T12:34:56.789Z'],
        tz: ['UTC', 'Europe/Berlin', 'Asia/Kathmandu'],
        limit: ['1', '20'],
      },
      tokens: { good, rubbish: 'a.b.c', poor: await platform.token('openid') },
      count: requestCount,
      seed,
    });
    process.stdout.write(`fuzz.test.ts: ${JSON.stringify(statuses)}\n`);
    expect(breaches).toEqual([]);
    const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
    const accepted = Object.entries(statuses).reduce(
      (sum, [status, count]) => sum + (Number(status) < 300 ? count : 0),
      0,
    );
    expect(answered).toBeGreaterThan(requestCount * 0.95);
    expect(accepted).toBeGreaterThan(requestCount * 0.05);
  }, 900_000);
});

const shopRequestCount = 10_000;
const shopScopes = 'products:write payments:operate';

describe('the APIs of users, products, orders, payments and notifications', () => {
  it.each(['user', 'product', 'order', 'payment', 'notification'])(
    `%s answers ${shopRequestCount} generated requests without a 500, a hang or an error that is no problem document`,
    async (name) => {
      const { gateway } = platform.endpoints;
      const person = await personOn(platform, shopScopes);
      await register(person);
      const product = await makeProduct(person, { name: 'Fuzzed thing', priceMinor: 100, stock: 1_000_000 });
      const order = await placed(person, { items: [{ productId: product, quantity: 1 }], paymentToken: 'tok_ok' });
      await orderIn(person, order.id, { states: ['confirmed', 'shipped', 'delivered'], deadlineMs: 60_000 });
      const document = (await (await fetch(`${gateway}/api/${name}/openapi.json`)).json()) as OpenApi;
      const { statuses, breaches } = await fuzz({
        gateway,
        document,
        known: {
          id: [product, order.id],
          productId: [product],
          orderId: [order.id],
          limit: ['1', '20'],
          q: ['thing', 'th'],
          paymentToken: ['tok_ok', 'tok_declined'],
          country: ['GB', 'AT'],
          contentType: ['image/png'],
          email: ['ada@example.com'],
        },
        tokens: {
          good: await platform.token(shopScopes, person.id),
          rubbish: 'a.b.c',
          poor: await platform.token('openid'),
        },
        count: shopRequestCount,
        seed,
      });
      process.stdout.write(`fuzz.test.ts: ${name} ${JSON.stringify(statuses)}\n`);
      expect(breaches).toEqual([]);
      const counts = Object.entries(statuses).map(([status, count]) => ({ isGood: Number(status) < 300, count }));
      const sum = (list: typeof counts): number => list.reduce((all, { count }) => all + count, 0);
      expect(sum(counts)).toBeGreaterThan(shopRequestCount * 0.9);
      expect(sum(counts.filter(({ isGood }) => isGood))).toBeGreaterThan(shopRequestCount * 0.02);
    },
    900_000,
  );
});

describe('the judge', () => {
  const judged = async (status: number, type: string, body: string): Promise<string[]> => {
    const server = createServer((_, response) => response.writeHead(status, { 'content-type': type }).end(body)).listen(
      0,
    );
    const { port } = server.address() as { port: number };
    const document = { paths: { '/x': { get: { operationId: 'x' } } } };
    const tokens = { good: 'a', rubbish: 'b', poor: 'c' };
    const options = { gateway: `http://127.0.0.1:${port}`, document, known: {}, tokens, count: 50, seed };
    const { breaches } = await fuzz(options);
    server.close();
    return breaches.map((breach) => breach.reason);
  };
  it.each([
    ['a 500', 500, 'application/problem+json', '{}', 'status 500'],
    ['an error page', 404, 'text/html', '<h1>', 'status 404 as text/html'],
    ['a stack', 400, 'application/problem+json', '{"detail":"at run (/app/x.ts:1:2)"}', 'tells of its inside'],
    ['half a problem', 400, 'application/problem+json', '{"type":"x"}', 'has no title'],
    ['a 503 that does not say when', 503, 'application/problem+json', '{}', '503 without Retry-After'],
  ])('finds %s', async (_, status, type, body, words) => {
    const reasons = await judged(status, type, body);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons[0]).toContain(words);
  });
});
