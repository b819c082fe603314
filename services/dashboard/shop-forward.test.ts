import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { apiNames, checkAllowed } from './api-paths.ts';
import type { BrowserLike } from './testing/browser-like.ts';
import { browserLike } from './testing/browser-like.ts';
import type { DashboardUnderTest } from './testing/dashboard-server.ts';
import { startDashboard } from './testing/dashboard-server.ts';
import { readUntil } from './testing/read-until.ts';
import { notify } from './testing/stand-in-notices.ts';

const api = '/session/api';
let dashboard: DashboardUnderTest;
let browser: BrowserLike;

beforeAll(async () => {
  dashboard = await startDashboard();
  browser = browserLike(dashboard.url);
  await browser.logIn();
});
afterAll(() => dashboard.close());
beforeEach(() => {
  Object.assign(dashboard.api, { calls: [], fail: undefined });
});

const write = (more: Record<string, string> = {}): Record<string, string> => ({
  origin: dashboard.url,
  'x-millrace-page': '1',
  'content-type': 'application/json',
  ...more,
});
const product = (index = 0) => {
  const found = dashboard.api.shop.products[index];
  if (!found) throw new Error('the stand-in has no products');
  return found;
};
const placeOrder = (key: string, headers = write({ 'idempotency-key': key })) =>
  browser.fetch(`${api}/orders`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      items: [{ productId: product().id, quantity: 1 }],
      address: { street: 'Ring 1', city: 'Vienna', postalCode: '1010', country: 'AT' },
      paymentToken: 'tok_ok',
    }),
  });

it.each([
  ['/analytics/sites', 200],
  ['/users/me', 404],
  ['/products', 200],
  ['/orders', 200],
  ['/payments', 200],
  ['/notifications', 200],
])('%s goes on with the person’s token', async (path, status) => {
  expect((await browser.fetch(api + path)).status).toBe(status);
  expect(dashboard.api.calls).toMatchObject([{ method: 'GET', path: `/api${path}` }]);
  expect(dashboard.api.calls[0]?.authorization).toMatch(/^Bearer eyJ/);
});

it('each API is asked at its own address', () => {
  const paths = ['/analytics/live', '/users/me', '/products', '/orders', '/payments', '/notifications'];
  expect(paths.map((path) => checkAllowed(path, 'GET').api)).toEqual([...apiNames]);
});

it.each([
  '/payments/webhook',
  '/orders/openapi.json',
  '/users',
  '/users/me/roles',
  '/orders/1',
  '/products/00000000-0000-7000-8000-0000000000a1/price',
  '/notifications/live/x',
  '/inventory',
  '/',
  '/constructor',
])('the page may not call %s', async (path) => {
  expect((await browser.fetch(api + path, { method: 'POST', headers: write(), body: '{}' })).status).toBe(404);
  expect(dashboard.api.calls).toEqual([]);
});

it('products are there for everybody, and nothing else is', async () => {
  const guest = browserLike(dashboard.url);
  expect((await guest.fetch(`${api}/products?q=kettle`)).status).toBe(200);
  expect((await guest.fetch(`${api}/products/${product().id}`)).status).toBe(200);
  expect(dashboard.api.calls.map((call) => call.authorization)).toEqual([undefined, undefined]);
  expect(dashboard.api.calls[0]?.headers['x-forwarded-for']).toMatch(/^(127\.0\.0\.1|::1)$/);
  for (const path of ['/orders', '/users/me', '/products/all', '/products/recommendations', '/notifications/live']) {
    expect((await guest.fetch(api + path)).status, path).toBe(401);
  }
  expect((await guest.fetch(`${api}/products`, { method: 'POST', headers: write(), body: '{}' })).status).toBe(401);
  expect(dashboard.api.calls).toHaveLength(2);
});

it('products are there when the login cannot be renewed', async () => {
  const other = browserLike(dashboard.url);
  Object.assign(dashboard.issuer, { tokenSeconds: 30 });
  await other.logIn();
  Object.assign(dashboard.issuer, { tokenSeconds: 600, isRefusing: true });
  try {
    expect((await other.fetch(`${api}/products`)).status).toBe(200);
    expect((await other.fetch(`${api}/orders`)).status).toBe(401);
  } finally {
    dashboard.issuer.isRefusing = false;
  }
});

it('keys and versions go through in both directions', async () => {
  const answer = await placeOrder('key-1');
  const order = (await answer.json()) as { id: string; version: number };
  expect([answer.status, answer.headers.get('location'), answer.headers.get('etag')]).toEqual([
    202,
    `/api/orders/${order.id}`,
    '"1"',
  ]);
  expect(dashboard.api.calls[0]?.headers['idempotency-key']).toBe('key-1');
  expect(await (await placeOrder('key-1')).json()).toMatchObject({ id: order.id });
  const patch = (version: number) =>
    browser.fetch(`${api}/products/${product(1).id}`, {
      method: 'PATCH',
      headers: write({ 'if-match': `"${version}"` }),
      body: '{"description":"Heavier."}',
    });
  expect((await patch(1)).status).toBe(200);
  const stale = await patch(1);
  expect([stale.status, stale.headers.get('content-type')]).toEqual([412, 'application/problem+json']);
});

it('other headers of the browser stay here', async () => {
  await browser.fetch(`${api}/orders`, {
    headers: { 'x-user-id': 'eve', 'x-forwarded-for': '10.0.0.1', cookie2: 'a' },
  });
  const names = Object.keys(dashboard.api.calls[0]?.headers ?? {});
  expect(names).not.toEqual(expect.arrayContaining(['x-user-id']));
  expect(names.filter((name) => /cookie|forwarded|user-id/.test(name))).toEqual([]);
});

it('a write needs its origin and the page’s own header, with or without a body', async () => {
  const { id } = (await (await placeOrder('key-2')).json()) as { id: string };
  dashboard.api.calls = [];
  const cancel = (headers: Record<string, string>) =>
    browser.fetch(`${api}/orders/${id}/cancel`, { method: 'POST', headers });
  expect((await cancel({})).status).toBe(403);
  expect((await cancel({ origin: dashboard.url })).status).toBe(403);
  expect((await cancel({ 'x-millrace-page': '1' })).status).toBe(403);
  expect((await cancel({ origin: 'https://evil.example', 'x-millrace-page': '1' })).status).toBe(403);
  expect((await placeOrder('key-3', { ...write(), origin: 'https://evil.example' })).status).toBe(403);
  expect((await browser.fetch(`${api}/users/me`, { method: 'DELETE' })).status).toBe(403);
  expect(dashboard.api.calls).toEqual([]);
  expect((await cancel({ origin: dashboard.url, 'x-millrace-page': '1' })).status).toBe(202);
  const erased = await browser.fetch(`${api}/users/me`, {
    method: 'DELETE',
    headers: { origin: dashboard.url, 'x-millrace-page': '1' },
  });
  expect([erased.status, await erased.text()]).toEqual([204, '']);
});

it('a foreign page may not read products in a person’s name', async () => {
  const answer = await browser.fetch(`${api}/products`, { headers: { origin: 'https://evil.example' } });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
});

it('a document of an API has styles, and nothing that runs or is sent', async () => {
  const { id } = (await (await placeOrder('key-4')).json()) as { id: string };
  const answer = await browser.fetch(`${api}/orders/${id}/history`, { headers: { accept: 'text/html' } });
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " +
      "frame-ancestors 'none'; report-to csp",
  );
});

it('notices come through as they happen, and the end of either side ends the other', async () => {
  const stop = new AbortController();
  const answer = await browser.fetch(`${api}/notifications/live`, { signal: stop.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  await reader.read();
  notify(dashboard.api.shop, 'order-shipped', { id: '00000000-0000-7000-8000-0000000000a1' });
  await readUntil(reader, 'event: notice');
  stop.abort();
  await vi.waitFor(() => expect(dashboard.api.shop.streams.size).toBe(0), 30_000);
});

it('an API that is away is named, and the others go on', async () => {
  dashboard.api.fail = { path: '/api/orders', status: 0 };
  const answer = await browser.fetch(`${api}/orders`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ detail: 'The service for orders does not answer. Try again.' });
  expect((await browser.fetch(`${api}/products`)).status).toBe(200);
});

it('who may do more is known to the page by the token’s scopes', async () => {
  const other = browserLike(dashboard.url);
  dashboard.issuer.scopes = 'openid analytics:read';
  await other.logIn();
  expect(await (await other.fetch('/session')).json()).toMatchObject({
    user: { scopes: ['openid', 'analytics:read'] },
  });
  expect((await other.fetch(`${api}/products/all`)).status).toBe(403);
});
