import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setBrowserHeaders } from './browser-headers.ts';
import { browserLike } from './testing/browser-like.ts';
import type { DashboardUnderTest } from './testing/dashboard-server.ts';
import { startDashboard } from './testing/dashboard-server.ts';

let dashboard: DashboardUnderTest;

beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.close());

const policy = (uploads: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:${uploads}; connect-src 'self'${uploads}; ` +
  `font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'${uploads}; frame-ancestors 'none'; ` +
  "object-src 'none'; require-trusted-types-for 'script'; report-to csp";

it.each(['/', '/shop', '/nowhere', '/session', '/session/login', '/session/api/analytics/stats', '/icon.svg'])(
  'the answer to %s carries every security header',
  async (path) => {
    const { headers } = await browserLike(dashboard.url).fetch(path, { headers: { accept: 'text/html' } });
    expect(headers.get('content-security-policy')).toBe(policy(` ${dashboard.api.url}`));
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('server')).toBeNull();
    expect(headers.get('cache-control')).toBe(path === '/icon.svg' ? 'public, max-age=3600' : 'no-store');
  },
);

it('without buckets the page asks nothing of other hosts', async () => {
  const bare = new Hono().use(setBrowserHeaders({ uploadOrigins: [] })).get('/', (context) => context.text('here'));
  const answer = await bare.request('/');
  expect(answer.headers.get('content-security-policy')).toBe(policy(''));
});

it.each(['/shop', '/cart', '/orders', '/orders/00000000-0000-7000-8000-0000000000a1', '/profile', '/operator'])(
  '%s is a place of the page',
  async (path) => {
    const answer = await fetch(dashboard.url + path, { headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain('<div id="page">');
  },
);

it.each(['/orders/1', '/orders/', '/shop/x', '/toString'])('%s is no place of the page', async (path) => {
  expect((await fetch(dashboard.url + path, { headers: { accept: 'text/html' } })).status).toBe(404);
});

it('the page has no inline code and asks for nothing from elsewhere', async () => {
  const html = await (await fetch(dashboard.url)).text();
  expect(html).toContain('<div id="page">');
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=|https?:/);
});

it('hashed files are kept for a year, packed, and fresh by their tag', async () => {
  const html = await (await fetch(dashboard.url)).text();
  const path = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
  const answer = await fetch(dashboard.url + path, { headers: { 'accept-encoding': 'br' } });
  expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(answer.headers.get('content-encoding')).toBe('br');
  expect(Number(answer.headers.get('content-length'))).toBeLessThan(130_000);
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  const again = await fetch(dashboard.url + path, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
  const plain = await fetch(dashboard.url + path, { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
});

it.each(['/../main.ts', '/..%2fmain.ts', '/assets/../../config.ts', '/.stamp', '/%00', '/assets/'])(
  'no path such as %s leads to a file',
  async (path) => {
    const answer = await dashboard.app.request(`http://localhost${path}`);
    expect([400, 404]).toContain(answer.status);
  },
);

it('a person who is lost gets the page with 404, a program gets a problem', async () => {
  const person = await fetch(`${dashboard.url}/nowhere`, { headers: { accept: 'text/html' } });
  expect([person.status, person.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  const program = await fetch(`${dashboard.url}/nowhere`, { headers: { accept: 'application/json' } });
  expect(program.status).toBe(404);
  expect(await program.json()).toMatchObject({ status: 404 });
});

it.each([
  ['/session', 'POST', 'GET'],
  ['/session/login', 'DELETE', 'GET'],
  ['/session/logout', 'GET', 'POST'],
])('%s refuses %s', async (path, method, allow) => {
  const answer = await fetch(dashboard.url + path, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
});

it('reports of the browser are taken, within bounds', async () => {
  const send = (body: string) =>
    fetch(`${dashboard.url}/session/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/reports+json' },
      body,
    });
  expect((await send('[{"type":"csp-violation"}]')).status).toBe(204);
  expect((await send('x'.repeat(20_000))).status).toBe(413);
});

it('the login of another name of this machine goes on at the public one', async () => {
  const url = dashboard.url.replace('localhost', '127.0.0.1');
  const answer = await dashboard.app.request(`${url}/session/login?returnTo=%2F%3Frange%3D7d`);
  expect([answer.status, answer.headers.get('location')]).toEqual([
    303,
    `${dashboard.url}/session/login?returnTo=%2F%3Frange%3D7d`,
  ]);
});

it('says that it lives, and counts what it answers', async () => {
  expect((await fetch(`${dashboard.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${dashboard.url}/readyz`)).status).toBe(200);
  const ids = ['00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-0000000000a2', 'anything'];
  for (const id of ids) await fetch(`${dashboard.url}/session/api/orders/${id}`);
  const figures = await (await fetch(`${dashboard.url}/metrics`)).text();
  expect(figures).toContain('http_requests_total{method="GET",route="/session"');
  expect(figures).toContain('route="/session/api/orders/{id}",status="401"} 2');
  expect(figures).toContain('route="/session/api/*"');
  expect(figures).not.toContain('anything');
});
