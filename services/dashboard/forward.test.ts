import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { BrowserLike } from './testing/browser-like.ts';
import { browserLike } from './testing/browser-like.ts';
import type { DashboardUnderTest } from './testing/dashboard-server.ts';
import { startDashboard } from './testing/dashboard-server.ts';
import { readUntil } from './testing/read-until.ts';
import { arrive } from './testing/stand-in-api.ts';

const site = '00000000-0000-7000-8000-0000000000a1';
const stats = `/session/api/analytics/stats?site=${site}&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z`;
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

it('a call goes on with the person’s token and nothing of the browser’s', async () => {
  const answer = await browser.fetch(stats, { headers: { authorization: 'Bearer forged' } });
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(await answer.json()).toMatchObject({ site });
  expect(dashboard.api.calls).toHaveLength(1);
  expect(dashboard.api.calls[0]).toMatchObject({ method: 'GET', path: '/api/analytics/stats' });
  expect(dashboard.api.calls[0]?.authorization).toMatch(/^Bearer eyJ/);
});

it.each(['import', 'collect', 'receipts/x', 'sites/..%2f..', '../users', 'docs', '%2e%2e/inventory', '__proto__'])(
  'the page may not call %s',
  async (path) => {
    const answer = await browser.fetch(`/session/api/analytics/${path}`);
    expect(answer.status).toBe(404);
    expect(dashboard.api.calls).toEqual([]);
  },
);

it('a wrong method is named, a foreign origin is refused before that', async () => {
  const wrong = await browser.fetch(stats, { method: 'DELETE', headers: { origin: dashboard.url } });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  const foreign = await browser.fetch(stats, { headers: { origin: 'https://evil.example' } });
  expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  const preflight = await browser.fetch(stats, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  });
  expect(preflight.status).toBe(403);
});

it('without a session there is 401 and no call', async () => {
  expect((await browserLike(dashboard.url).fetch(stats)).status).toBe(401);
  expect(dashboard.api.calls).toEqual([]);
});

it('the API’s problems come through as they are', async () => {
  const answer = await browser.fetch('/session/api/analytics/sites', {
    method: 'POST',
    headers: { origin: dashboard.url, 'x-millrace-page': '1', 'content-type': 'application/json' },
    body: '{"name":"a","domain":"nonsense"}',
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
  expect(await answer.json()).toMatchObject({ errors: [{ pointer: '/domain' }] });
});

it.each([
  ['cuts the connection', 0, 503],
  ['fails', 503, 503],
])('when the API %s the answer is a problem', async (_, status, expected) => {
  dashboard.api.fail = { path: '/api/analytics/stats', status };
  const answer = await browser.fetch(stats);
  expect(answer.status).toBe(expected);
  expect(await answer.json()).toMatchObject({ status: expected });
});

it('a body that is too large or not JSON does not reach the API', async () => {
  const send = (body: string, type: string) =>
    browser.fetch('/session/api/analytics/sites', {
      method: 'POST',
      headers: { origin: dashboard.url, 'x-millrace-page': '1', 'content-type': type },
      body,
    });
  expect((await send('x'.repeat(70_000), 'application/json')).status).toBe(413);
  expect((await send('name=a', 'application/x-www-form-urlencoded')).status).toBe(415);
  expect(dashboard.api.calls).toEqual([]);
});

it('events come through as they happen, and the end of either side ends the other', async () => {
  const stop = new AbortController();
  const answer = await browser.fetch(`/session/api/analytics/live?site=${site}`, { signal: stop.signal });
  expect([answer.headers.get('content-type'), answer.headers.get('content-encoding')]).toEqual([
    'text/event-stream',
    null,
  ]);
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  await readUntil(reader, 'event: snapshot');
  arrive(dashboard.api, site);
  await readUntil(reader, 'event: views');
  stop.abort();
  await vi.waitFor(() => expect(dashboard.api.streams.size).toBe(0), 30_000);
});

it('a log-out ends the live stream', async () => {
  const other = browserLike(dashboard.url);
  await other.logIn();
  const answer = await other.fetch(`/session/api/analytics/live?site=${site}`);
  await vi.waitFor(() => expect(dashboard.api.streams.size).toBe(1), 30_000);
  await other.fetch('/session/logout', { method: 'POST', headers: { origin: dashboard.url, 'x-millrace-page': '1' } });
  expect(await answer.text()).toContain('event: snapshot');
  await vi.waitFor(() => expect(dashboard.api.streams.size).toBe(0), 30_000);
});

it('who calls without pause is told to wait', async () => {
  const eager = browserLike(dashboard.url);
  await eager.logIn();
  // However slow this machine is: no time goes by in which more is permitted.
  dashboard.stopClock();
  let refused: Response | undefined;
  for (let round = 0; round < 40 && !refused; round += 1) {
    const calls = Array.from({ length: 25 }, () => eager.fetch('/session/api/analytics/sites'));
    refused = (await Promise.all(calls)).find((answer) => answer.status === 429);
  }
  dashboard.startClock();
  expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
});
