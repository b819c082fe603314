import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { defaultLoginScopes } from './config.ts';
import { browserLike } from './testing/browser-like.ts';
import type { DashboardUnderTest } from './testing/dashboard-server.ts';
import { startDashboard } from './testing/dashboard-server.ts';

const site = '00000000-0000-7000-8000-0000000000a1';
const stats = `/session/api/analytics/stats?site=${site}&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z`;
const minuteMs = 60_000;
const scopes = defaultLoginScopes.split(' ');
let dashboard: DashboardUnderTest;

beforeAll(async () => {
  dashboard = await startDashboard();
});
afterAll(() => dashboard.close());
beforeEach(() => {
  Object.assign(dashboard.api, { calls: [], fail: undefined });
  Object.assign(dashboard.issuer, { refreshes: 0, tokenSeconds: 600, isRefusing: false });
});

const write = (url = dashboard.url): Record<string, string> => ({ origin: url, 'x-millrace-page': '1' });

it('nobody is logged in at first', async () => {
  const answer = await browserLike(dashboard.url).fetch('/session');
  expect([answer.status, await answer.json()]).toEqual([200, { user: null }]);
});

it('a login leads back to where it began, and the person is known', async () => {
  const browser = browserLike(dashboard.url);
  const answer = await browser.logIn('/?range=7d&path=%2Fa');
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?range=7d&path=%2Fa']);
  const who = await browser.fetch('/session');
  expect(await who.json()).toEqual({ user: { name: 'Ada Lovelace', email: 'ada@example.com', scopes } });
});

it('the session cookie is host-only, secure, out of reach of scripts, and no token leaves the server', async () => {
  const browser = browserLike(dashboard.url);
  const answer = await browser.logIn();
  const [line = ''] = answer.headers.getSetCookie().filter((cookie) => cookie.startsWith('__Host-session='));
  expect(line).toMatch(/^__Host-session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  expect([...browser.cookies.keys()]).toEqual(['__Host-session']);
  expect(JSON.stringify([...browser.cookies]) + (await (await browser.fetch('/session')).text())).not.toContain('eyJ');
});

it('a browser that keeps no secure cookies from plain localhost gets the twin', async () => {
  const browser = browserLike(dashboard.url);
  const start = await browser.fetch('/session/login');
  browser.cookies.delete('__Host-login');
  const issued = await browser.fetch(start.headers.get('location') ?? '');
  await browser.fetch(issued.headers.get('location') ?? '');
  browser.cookies.delete('__Host-session');
  expect(await (await browser.fetch('/session')).json()).not.toEqual({ user: null });
});

it('each login has a new id, and the old one is over', async () => {
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  const old = browser.cookies.get('__Host-session') ?? '';
  await browser.logIn();
  expect(browser.cookies.get('__Host-session')).not.toBe(old);
  const thief = browserLike(dashboard.url);
  thief.cookies.set('__Host-session', old);
  expect(await (await thief.fetch('/session')).json()).toEqual({ user: null });
});

it.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  '/session/logout',
  `/${'a'.repeat(3_000)}`,
])('a login does not lead to %s', async (returnTo) => {
  const answer = await browserLike(dashboard.url).logIn(returnTo);
  expect(answer.headers.get('location')).toBe('/');
});

it('an answer to another browser’s login is refused, and so is one that comes twice', async () => {
  const [browser, other] = [browserLike(dashboard.url), browserLike(dashboard.url)];
  const start = await browser.fetch('/session/login');
  const issued = await browser.fetch(start.headers.get('location') ?? '');
  const callback = issued.headers.get('location') ?? '';
  expect((await other.fetch(callback)).status).toBe(403);
  expect((await browser.fetch(callback)).status).toBe(400);
  await expect((await browser.fetch('/session/callback?code=x&state=y')).json()).resolves.toMatchObject({
    status: 400,
  });
});

it('a person sees the page say why a login failed', async () => {
  const answer = await browserLike(dashboard.url).fetch('/session/callback?state=y', {
    headers: { accept: 'text/html' },
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?login=login-expired']);
});

it('a session is over after 30 minutes without a sign of life', async () => {
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  dashboard.passMs(29 * minuteMs);
  expect(await (await browser.fetch('/session')).json()).not.toEqual({ user: null });
  dashboard.passMs(29 * minuteMs);
  expect(await (await browser.fetch('/session')).json()).not.toEqual({ user: null });
  dashboard.passMs(31 * minuteMs);
  expect(await (await browser.fetch('/session')).json()).toEqual({ user: null });
});

it('a session is over after twelve hours, whatever its signs of life', async () => {
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  let steps = 0;
  const isOver = async () => (await (await browser.fetch('/session')).text()) === '{"user":null}';
  while (!(await isOver()) && steps < 60) {
    dashboard.passMs(20 * minuteMs);
    steps += 1;
  }
  expect(steps).toBe(36);
});

it('a log-out ends the session everywhere and clears the browser', async () => {
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  const id = browser.cookies.get('__Host-session') ?? '';
  const answer = await browser.fetch('/session/logout', { method: 'POST', headers: write() });
  expect([answer.status, answer.headers.get('clear-site-data')]).toEqual([204, '"cache", "cookies", "storage"']);
  browser.cookies.set('__Host-session', id);
  expect((await browser.fetch(stats)).status).toBe(401);
});

it.each([
  ['no origin and no header', {}],
  ['a foreign origin', { origin: 'https://evil.example', 'x-millrace-page': '1' }],
  ['the null origin', { origin: 'null', 'x-millrace-page': '1' }],
  ['the origin without the header', { origin: 'own' }],
  [
    'another port of this machine',
    { origin: 'http://localhost:1', 'x-millrace-page': '1', 'sec-fetch-site': 'same-site' },
  ],
])('a write with %s is refused', async (_, headers: Record<string, string>) => {
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  const sent = {
    ...headers,
    ...(headers['origin'] === 'own' && { origin: dashboard.url }),
    'content-type': 'application/json',
  };
  for (const path of ['/session/logout', '/session/api/analytics/sites']) {
    const answer = await browser.fetch(path, {
      method: 'POST',
      headers: sent,
      body: '{"name":"a","domain":"a.example"}',
    });
    expect(answer.status).toBe(403);
  }
  expect(dashboard.api.calls).toEqual([]);
  expect(await (await browser.fetch('/session')).json()).not.toEqual({ user: null });
});

it('a token that is about to end is renewed once for many calls at once', async () => {
  dashboard.issuer.tokenSeconds = 30;
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  dashboard.issuer.tokenSeconds = 600;
  const answers = await Promise.all(Array.from({ length: 12 }, () => browser.fetch(stats)));
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
  expect(dashboard.issuer.refreshes).toBe(1);
  expect(new Set(dashboard.api.calls.map((call) => call.authorization)).size).toBe(1);
});

it('when the issuer refuses to renew, the session is over and the page is told', async () => {
  dashboard.issuer.tokenSeconds = 1;
  const browser = browserLike(dashboard.url);
  await browser.logIn();
  dashboard.issuer.isRefusing = true;
  const answer = await browser.fetch(stats);
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ type: 'https://millrace.example/problems/session-over' });
});
