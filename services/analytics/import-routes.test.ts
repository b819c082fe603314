import { randomUUID } from 'node:crypto';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doors } from './testing/doors.ts';
import { addSite, as, browser, committedEvents, openDoors, outcome } from './testing/doors.ts';

let doors: Doors;
let site: string;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());
beforeEach(async () => {
  site = await addSite(doors);
});

const line = (more: object = {}) => ({
  ip: '83.149.9.216',
  userAgent: browser,
  at: '2015-05-17T10:05:03Z',
  url: '/about?x=1',
  ...more,
});
const send = (lines: (object | string)[] | string, headers: Record<string, string> = as('ada'), key = site) =>
  doors.app.request(`/api/analytics/import?site=${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body:
      typeof lines === 'string'
        ? lines
        : lines.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n'),
  });
const committed = async (): Promise<TrackedEvent[]> =>
  (await committedEvents(doors, site)).sort((a, b) => (a.at + a.id).localeCompare(b.at + b.id));
// What the processor does with the ids; its own tests show the rest.
const markStored = async (events: readonly TrackedEvent[]) => {
  for (const event of events) {
    await doors.sql`
      insert into event (id, site_id, visitor, at, received_at, type, path)
      values (${event.id}, ${event.siteId}, 1, ${event.at}, ${event.receivedAt}, 'pageview', ${event.path})`;
  }
};

describe('an import', () => {
  it('commits lines with their own time, country and a visitor of their day', async () => {
    const response = await send([line(), line({ at: '2015-05-18T10:00:00+02:00', title: 'Later' })]);
    expect(await outcome(response)).toEqual({
      status: 202,
      body: { accepted: 2, duplicates: 0, dropped: [], receipt: expect.any(String) },
    });
    const [first, second] = await committed();
    expect(first).toMatchObject({ at: '2015-05-17T10:05:03.000Z', path: '/about', country: 'RU', browser: 'Chrome' });
    expect(second).toMatchObject({ at: '2015-05-18T08:00:00.000Z', title: 'Later' });
    expect(second?.visitor).not.toBe(first?.visitor);
    expect(first).not.toHaveProperty('clockSkew');
  });
  it('names every line that it drops', async () => {
    const response = await send([
      line({ userAgent: 'Googlebot/2.1' }),
      line({ userAgent: '' }),
      line({ ip: 'example.com' }),
      line({ at: '2999-01-01T00:00:00Z' }),
      line({ at: 'then' }),
      line({ url: 'javascript:1' }),
      line({ role: 'admin' }),
      '{"ip":',
      '',
      '{"ip":"1.1.1.1","ip":"1.1.1.2"}',
      line({ title: '\u0000' }),
      line({ title: '\ud800' }),
      '[1]',
      line(),
    ]);
    expect(await outcome(response)).toMatchObject({
      status: 202,
      body: {
        accepted: 1,
        dropped: [
          'bot',
          'bot',
          'bad-address',
          'bad-time',
          'bad-event',
          'bad-url',
          'unknown-field',
          'malformed-json',
          'malformed-json',
          'malformed-json',
          'control-character',
          'invalid-unicode',
          'bad-event',
        ].map((reason, index) => ({ index, reason })),
      },
    });
  });
  it('that is repeated gives the same ids, and lines that say the same have ids of their own', async () => {
    const lines = [line(), line(), line({ ip: '8.8.8.8' }), line({ url: '/other' })];
    await send(lines);
    const ids = (await committed()).map((event) => event.id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/);
    await send(lines);
    const all = (await committed()).map((event) => event.id);
    expect(all.sort()).toEqual([...ids, ...ids].sort());
  });
  it('counts what is stored already and commits it no second time', async () => {
    const lines = [line(), line({ url: '/other' }), line({ id: randomUUID() })];
    await send(lines);
    const first = await committed();
    await markStored(first);
    const again = await outcome(await send([...lines, line({ url: '/new' })]));
    expect(again.body).toMatchObject({ accepted: 1, duplicates: 3, dropped: [] });
    expect(await committed()).toHaveLength(4);
    expect((await outcome(await send(lines))).body).toEqual({ accepted: 0, duplicates: 3, dropped: [], receipt: null });
  });
  it('drops a line whose id stands in it twice', async () => {
    const id = randomUUID();
    const answer = await outcome(await send([line({ id }), line({ id: id.toUpperCase() })]));
    expect(answer.body).toMatchObject({ accepted: 1, dropped: [{ index: 1, reason: 'duplicate-in-batch' }] });
  });
  it('of 5,000 lines is committed in batches that the bus takes', async () => {
    const lines = Array.from({ length: 5_000 }, (_, n) =>
      JSON.stringify({ ip: '8.8.8.8', userAgent: browser, at: '2015-05-17T10:05:03Z', url: `/${n}` }),
    ).join('\n');
    expect((await outcome(await send(lines))).body).toMatchObject({ accepted: 5_000, dropped: [] });
    const sizes = await doors.sql<{ count: number; bytes: number }[]>`
      select jsonb_array_length(data -> 'events') as count, octet_length(data::text) as bytes from outbox
      where data -> 'events' -> 0 ->> 'siteId' = ${site}`;
    expect(sizes.reduce((sum, row) => sum + row.count, 0)).toBe(5_000);
    for (const row of sizes) {
      expect(row.count).toBeLessThanOrEqual(500);
      expect(row.bytes).toBeLessThanOrEqual(256 * 1024);
    }
  });
});

describe('who may import', () => {
  it('is only the owner: another one learns nothing about the site', async () => {
    const [foreign, missing] = [await send([line()], as('bob')), await send([line()], as('bob'), randomUUID())];
    const problem = async (response: Response) => ({ ...((await response.json()) as object), instance: '' });
    expect(foreign.status).toBe(404);
    expect(await problem(foreign)).toEqual(await problem(missing));
    expect(await committed()).toEqual([]);
  });
  it('needs a token with the scope', async () => {
    expect(await outcome(await send([line()], {}))).toEqual({ status: 401, slug: 'token-required' });
    const reader = { authorization: 'Bearer ada:analytics:read' };
    expect(await outcome(await send([line()], reader))).toEqual({ status: 403, slug: 'insufficient-scope' });
  });
});

describe('what is no import', () => {
  it.each([
    ['5,001 lines', '{}\n'.repeat(5_001), 413, 'too-many-events'],
    ['more than a megabyte', 'a'.repeat(1_048_577), 413, 'too-large'],
    ['nothing', '', 422, 'too-short'],
  ])('%s', async (_, body, status, slug) => {
    expect(await outcome(await send(body))).toEqual({ status, slug });
  });
  it('another media type', async () => {
    const answer = await send([line()], { ...as('ada'), 'content-type': 'application/json' });
    expect(await outcome(answer)).toEqual({ status: 415, slug: 'unsupported-media-type' });
  });
});
