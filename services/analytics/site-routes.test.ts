import { randomUUID } from 'node:crypto';
import { keyring } from '@millrace/runtime/keyring.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeReceipt } from './receipt.ts';
import { processorName } from './receipt-store.ts';
import type { Doors } from './testing/doors.ts';
import { as, browser, openDoors, outcome, signingKeys } from './testing/doors.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors.close());

const add = (body: unknown, sub = 'ada') =>
  doors.app.request('/api/analytics/sites', {
    method: 'POST',
    headers: { ...as(sub), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const list = async (sub: string, query = '') => {
  const response = await doors.app.request(`/api/analytics/sites${query}`, { headers: as(sub) });
  return (await response.json()) as { items: { id: string; name: string }[]; nextCursor: string | null };
};

describe('a site', () => {
  it('is added for whoever calls, and only they see it', async () => {
    const response = await add(
      { name: '  Ada’s site ', domain: 'WWW.Example.com', timeZone: 'Europe/Vienna' },
      'carol',
    );
    expect(await outcome(response)).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        name: 'Ada’s site',
        domain: 'www.example.com',
        timeZone: 'Europe/Vienna',
        createdAt: expect.stringMatching(/Z$/),
      },
    });
    expect((await list('carol')).items.map((item) => item.name)).toEqual(['Ada’s site']);
    expect(await list('dora')).toEqual({ items: [], nextCursor: null });
  });
  it('takes events at once, even when its key was asked for before', async () => {
    const { id } = (await (await add({ name: 'New', domain: 'example.com' })).json()) as { id: string };
    const response = await doors.app.request('/api/analytics/collect', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': browser },
      body: JSON.stringify({ site: id, events: [{ id: randomUUID(), type: 'pageview', url: '/' }] }),
    });
    expect((await outcome(response)).status).toBe(202);
  });
  it.each([
    ['no name', { name: ' ', domain: 'example.com' }, 'too-short'],
    ['a URL as its domain', { name: 'a', domain: 'https://example.com/' }, 'domain'],
    ['a time zone on Mars', { name: 'a', domain: 'example.com', timeZone: 'Mars/X' }, 'time-zone'],
    ['an owner', { name: 'a', domain: 'example.com', owner: 'bob' }, 'unknown-field'],
    ['NUL in its name', { name: 'a\0', domain: 'example.com' }, 'control-character'],
  ])('with %s is refused', async (_, body, slug) => {
    expect(await outcome(await add(body))).toEqual({ status: 422, slug });
  });
  it('is listed page by page, and a cursor of somebody else is none', async () => {
    for (const name of ['one', 'two', 'three']) await add({ name, domain: 'example.com' }, 'erin');
    const first = await list('erin', '?limit=2');
    expect(first.items.map((item) => item.name)).toEqual(['one', 'two']);
    const second = await list('erin', `?limit=2&cursor=${first.nextCursor}`);
    expect(second.items.map((item) => item.name)).toEqual(['three']);
    expect(second.nextCursor).toBeNull();
    const path = `/api/analytics/sites?cursor=${first.nextCursor}`;
    const stolen = await doors.app.request(path, { headers: as('frank') });
    expect(await outcome(stolen)).toEqual({ status: 400, slug: 'bad-cursor' });
  });
  it.each(['?limit=0', '?limit=-1', '?limit=1e9', '?limit=ten'])('list %s is refused', async (query) => {
    const response = await doors.app.request(`/api/analytics/sites${query}`, { headers: as('ada') });
    expect(response.status).toBe(422);
  });
});

describe('a receipt', () => {
  const ids = [randomUUID(), randomUUID()];
  const receipt = makeReceipt(signingKeys, ids);
  const otherKeys = keyring({ current: 'another key, as long as it must be' });
  const read = async (text: string) => outcome(await doors.app.request(`/api/analytics/receipts/${text}`));
  it('is queued until every batch is in the inbox, then stored', async () => {
    expect(await read(receipt)).toEqual({ status: 200, body: { receipt, state: 'queued' } });
    await doors.sql`insert into inbox (consumer, event_id) values (${processorName}, ${ids[0] ?? ''})`;
    expect(await read(receipt)).toEqual({ status: 200, body: { receipt, state: 'queued' } });
    await doors.sql`insert into inbox (consumer, event_id) values (${processorName}, ${ids[1] ?? ''})`;
    expect(await read(receipt)).toEqual({
      status: 200,
      body: { receipt, state: 'stored', storedAt: expect.stringMatching(/Z$/) },
    });
  });
  it('is dead when a batch is, with the reason', async () => {
    const dead = randomUUID();
    await doors.sql`insert into dead_batch (id, reason, at) values (${dead}, 'bad-event', now())`;
    const text = makeReceipt(signingKeys, [randomUUID(), dead]);
    expect(await read(text)).toEqual({ status: 200, body: { receipt: text, state: 'dead', reason: 'bad-event' } });
  });
  it.each(['x', makeReceipt(otherKeys, ids), `${receipt}A`, '%2e%2e'])(
    'that we did not make does not exist: %s',
    async (text) => {
      expect(await read(text)).toEqual({ status: 404, slug: 'not-found' });
    },
  );
});
