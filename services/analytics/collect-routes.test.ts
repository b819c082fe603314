import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from './testing/doors.ts';
import { addSite, browser, committedEvents, openDoors, outcome } from './testing/doors.ts';

let doors: Doors;
let site: string;
beforeAll(async () => {
  doors = await openDoors();
  site = await addSite(doors);
});
afterAll(() => doors.close());

const view = (more: object = {}) => ({ id: randomUUID(), type: 'pageview', url: 'https://example.com/', ...more });
const send = (body: unknown, headers: Record<string, string> = {}) =>
  doors.app.request('/api/analytics/collect', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': browser, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const committed = () => committedEvents(doors, site);
const byId = async (id: string) => (await committed()).filter((event) => event.id === id);

describe('a page view', () => {
  it('is committed with what is known about its visitor, and without what would name them', async () => {
    const event = view({
      url: 'https://example.com/about?utm_source=mail&token=secret',
      referrer: 'https://search.example/?q=x',
    });
    const response = await send({ site, events: [event] }, { 'x-forwarded-for': '203.0.113.5, 8.8.8.8' });
    expect(await outcome(response)).toEqual({
      status: 202,
      body: { accepted: 1, dropped: [], receipt: expect.stringMatching(/^[\w-]{20,}$/) },
    });
    const [stored] = await byId(event.id);
    expect(stored).toMatchObject({
      siteId: site,
      visitor: expect.stringMatching(/^[0-9a-f]{16}$/),
      path: '/about',
      utmSource: 'mail',
      referrer: 'search.example',
      country: 'US',
      browser: 'Chrome',
      os: 'Linux',
      device: 'desktop',
    });
    const rows = await doors.sql`select * from outbox`;
    expect(JSON.stringify(rows)).not.toMatch(/8\.8\.8\.8|203\.0\.113|secret|Mozilla/);
  });
  it('of the same browser and address has the same visitor, of another address another one', async () => {
    const events = [view(), view(), view()];
    for (const [index, event] of events.entries()) {
      await send({ site, events: [event] }, { 'x-forwarded-for': index === 2 ? '8.8.4.4' : '8.8.8.8' });
    }
    const [one, two, three] = await Promise.all(events.map(async ({ id }) => (await byId(id))[0]?.visitor));
    expect(two).toBe(one);
    expect(three).not.toBe(one);
  });
  it('B43 has the country of the right-most hop, whatever the page writes before it', async () => {
    const event = view();
    await send({ site, events: [event] }, { 'x-forwarded-for': '8.8.8.8, 83.149.9.216', 'x-real-ip': '8.8.8.8' });
    expect((await byId(event.id))[0]?.country).toBe('RU');
  });
  it('B55 sent as text/plain by a beacon is taken', async () => {
    const response = await send({ site, events: [view()] }, { 'content-type': 'text/plain;charset=UTF-8' });
    expect((await outcome(response)).status).toBe(202);
  });
  it('B44 may be sent by a page of any origin, without credentials', async () => {
    const response = await send({ site, events: [view()] }, { origin: 'https://example.com' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('a batch', () => {
  it('B49 with one bad event keeps the good ones', async () => {
    const good = [view(), view()];
    const response = await send({ site, events: [good[0], view({ url: 'javascript:1' }), good[1]] });
    expect(await outcome(response)).toMatchObject({
      status: 202,
      body: { accepted: 2, dropped: [{ index: 1, reason: 'bad-url' }] },
    });
    for (const event of good) expect(await byId(event.id)).toHaveLength(1);
  });
  it('B49 of 101 events is too many, and of 100 is not', async () => {
    const small = (id: string) => ({ id, type: 'pageview', url: '/' });
    const ids = Array.from({ length: 101 }, () => randomUUID());
    expect(await outcome(await send({ site, events: Array.from({ length: 101 }, () => 0) }))).toMatchObject({
      status: 413,
      slug: 'too-many-events',
    });
    const accepted = await outcome(await send({ site, events: ids.slice(0, 90).map(small) }));
    expect(accepted).toMatchObject({ status: 202, body: { accepted: 90 } });
  });
  it('of which nothing is accepted has no receipt and commits nothing', async () => {
    const before = (await committed()).length;
    const response = await send({ site, events: [view({ url: 'http://[' })] });
    expect(await outcome(response)).toEqual({
      status: 202,
      body: { accepted: 0, dropped: [{ index: 0, reason: 'bad-url' }], receipt: null },
    });
    expect((await committed()).length).toBe(before);
  });
  it('B54 by a robot, ahead of a visit, against consent or from another site is only counted', async () => {
    const cases: [Record<string, string>, string][] = [
      [{ 'user-agent': 'Googlebot/2.1' }, 'bot'],
      [{ 'sec-purpose': 'prefetch' }, 'prefetch'],
      [{ dnt: '1' }, 'consent'],
      [{ 'sec-gpc': '1' }, 'consent'],
      [{ origin: 'https://elsewhere.example' }, 'origin'],
    ];
    for (const [headers, reason] of cases) {
      const answer = await outcome(await send({ site, events: [view(), view()] }, headers));
      expect(answer.body).toEqual({
        accepted: 0,
        dropped: [
          { index: 0, reason },
          { index: 1, reason },
        ],
        receipt: null,
      });
    }
    expect(await doors.metrics()).toMatch(/analytics_events_dropped_total\{door="collect",reason="consent"\} 4/);
  });
});

describe('a request', () => {
  it.each([
    ['B1 without a body', '', 400, 'body-required'],
    ['B2 that is not JSON', '{"site":', 400, 'malformed-json'],
    ['B3 with a key twice', '{"site":"a","site":"b","events":[]}', 400, 'duplicate-key'],
    ['B10 with an unknown field', { site: 'a', events: [1], debug: true }, 422, 'unknown-field'],
    ['B12 with a site that is a number', { site: 1, events: [1] }, 422, 'type'],
    ['without events', { site: 'a', events: [] }, 422, 'item-count'],
    ['B16 with NUL in a title', '{"site":"a","events":[{"title":"\\u0000"}]}', 422, 'control-character'],
    ['B17 with half a surrogate pair', '{"site":"a","events":[{"title":"\\ud800"}]}', 422, 'invalid-unicode'],
    ['B8 that is nested too deep', `{"site":"a","events":[${'['.repeat(40)}${']'.repeat(40)}]}`, 400, 'too-deep'],
    ['B5 of more than 8 KiB', { site: 'a', events: ['a'.repeat(9_000)] }, 413, 'too-large'],
    ['B48 for a site that does not exist', { site: randomUUID(), events: [view()] }, 404, 'unknown-site'],
    ['B48 for a key that is none', { site: "'; drop table site; --", events: [view()] }, 404, 'unknown-site'],
  ])('%s is refused', async (_, body, status, slug) => {
    expect(await outcome(await send(body))).toEqual({ status, slug });
  });
  it('B4 of another media type is refused', async () => {
    const answer = await outcome(await send({ site, events: [view()] }, { 'content-type': 'application/xml' }));
    expect(answer).toEqual({ status: 415, slug: 'unsupported-media-type' });
  });
  it('B24 with a query is refused', async () => {
    const response = await doors.app.request('/api/analytics/collect?site=1', { method: 'POST', body: '{}' });
    expect(await outcome(response)).toEqual({ status: 400, slug: 'unknown-parameter' });
  });
});

describe('GET /t.js', () => {
  it('gives the script once and then says that it is the newest', async () => {
    const first = await doors.app.request('/t.js');
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(first.headers.get('cache-control')).toContain('max-age=3600');
    const etag = first.headers.get('etag') ?? '';
    const again = await doors.app.request('/t.js', { headers: { 'if-none-match': `W/${etag}` } });
    expect(again.status).toBe(304);
    const other = await doors.app.request('/t.js', { headers: { 'if-none-match': '"other"' } });
    expect(other.status).toBe(200);
  });
});
