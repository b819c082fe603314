import { randomUUID } from 'node:crypto';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureOrders, moveDueOrders, purgeKeys } from './due-orders.ts';
import type { HistoryView, OrderView } from './order.ts';
import type { Shop } from './testing/shop.ts';
import { ada, bob, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const get = async (path: string, sub = ada, headers: Record<string, string> = {}) =>
  shop.app.request(path, { headers: { ...as(sub), ...headers } });
const list = async (sub: string, query = '') =>
  (await (await get(`/api/orders${query}`, sub)).json()) as { items: OrderView[]; nextCursor: string | null };

describe('orders', () => {
  it('are listed page by page, the newest first, and a cursor of somebody else is none', async () => {
    const carol = randomUUID();
    const placed: OrderView[] = [];
    for (let count = 0; count < 3; count += 1) placed.unshift(await shop.placed({ sub: carol }));
    const first = await list(carol, '?limit=2');
    expect(first.items).toEqual(placed.slice(0, 2));
    const second = await list(carol, `?limit=2&cursor=${first.nextCursor}`);
    expect(second).toEqual({ items: placed.slice(2), nextCursor: null });
    expect(await list(randomUUID())).toEqual({ items: [], nextCursor: null });
    const stolen = await get(`/api/orders?cursor=${first.nextCursor}`, bob);
    expect(await outcome(stolen)).toEqual({ status: 400, slug: 'bad-cursor' });
  });
  it('a page of large orders holds fewer of them, and the next one goes on there', async () => {
    const eve = randomUUID();
    const placed: string[] = [];
    for (let count = 0; count < 3; count += 1) placed.unshift((await shop.placed({ sub: eve })).id);
    await shop.sql`
      insert into order_line (order_id, position, product_id, quantity, unit_price_minor, name)
      select id, position, gen_random_uuid(), 1, 1, 'one of a thousand' from shop_order, generate_series(2, 1000) as position
      where user_id = ${eve}`;
    const first = await list(eve, '?limit=100');
    expect(first.items.map(({ id, items }) => [id, items.length])).toEqual(placed.slice(0, 2).map((id) => [id, 1_000]));
    const second = await list(eve, `?limit=100&cursor=${first.nextCursor}`);
    expect(second.items.map(({ id, items }) => [id, items.length])).toEqual([[placed[2], 1_000]]);
    expect(second.nextCursor).toBeNull();
  });
  it('are placed with a header that the OpenAPI document names', async () => {
    const { paths } = (await (await shop.app.request('/api/orders/openapi.json')).json()) as {
      paths: Record<string, Record<string, { parameters: object[] }>>;
    };
    expect(paths['/api/orders']?.['post']?.parameters).toMatchObject([
      { name: 'Idempotency-Key', in: 'header', required: true },
    ]);
  });
  it.each(['?limit=0', '?limit=-1', '?limit=1e9', '?limit=101'])('B25 list %s is refused', async (query) => {
    expect((await get(`/api/orders${query}`)).status).toBe(422);
  });
  it('B30 of somebody else are missing ones, in every way to read them', async () => {
    const order = await shop.placed();
    for (const path of ['', '/history']) {
      const answers = await Promise.all([
        get(`/api/orders/${order.id}${path}`, bob),
        get(`/api/orders/${randomUUID()}${path}`, bob),
      ]);
      const bodies = await Promise.all(
        answers.map(async (response) => ({ ...((await response.json()) as object), instance: '' })),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      expect(bodies[0]).toEqual(bodies[1]);
    }
  });
  it.each(['x', '..%2f..', '018f0000', '%00'])('B21 the id %s is none', async (id) => {
    expect([400, 404]).toContain((await get(`/api/orders/${id}`)).status);
  });
  it('B27 need a token, but for the style sheet', async () => {
    for (const path of ['/api/orders', `/api/orders/${randomUUID()}`, `/api/orders/${randomUUID()}/history`]) {
      expect((await shop.app.request(path)).status).toBe(401);
    }
    expect((await shop.app.request('/api/orders/history.css')).status).toBe(200);
  });
  it('carry their version as a tag', async () => {
    const order = await shop.placed();
    expect((await get(`/api/orders/${order.id}`)).headers.get('etag')).toBe('"1"');
    await shop.reserve(order.id);
    expect((await get(`/api/orders/${order.id}`)).headers.get('etag')).toBe('"2"');
  });
});

describe('the history', () => {
  const withdrawn = async () => {
    const order = await shop.placed();
    await shop.reserve(order.id);
    await shop.cancel(order.id);
    await shop.decline(order);
    return order;
  };
  it('has each move with its event', async () => {
    const order = await withdrawn();
    const response = await get(`/api/orders/${order.id}/history`);
    expect(response.headers.get('content-type')).toContain('application/json');
    const at = expect.stringMatching(/Z$/);
    expect((await response.json()) as HistoryView).toEqual({
      order: { id: order.id, state: 'reserved' },
      items: [
        { at, from: null, to: 'pending', move: 'place', event: 'OrderPlaced', note: null },
        { at, from: 'pending', to: 'reserved', move: 'stock-reserved', event: 'PaymentRequested', note: null },
        { at, from: 'reserved', to: 'withdrawing', move: 'cancel', event: 'RefundRequested', note: null },
        {
          at,
          from: 'withdrawing',
          to: 'withdrawing',
          move: 'payment-failed',
          event: null,
          note: 'arrived after the refund was asked for',
        },
      ],
    });
  });
  it('is a page for a person, with the present state marked and nothing that a policy would block', async () => {
    const order = await withdrawn();
    const response = await get(`/api/orders/${order.id}/history`, ada, { accept: 'text/html' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('vary')).toBe('Accept');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const page = await response.text();
    expect(page).toContain('class="state present" data-state="withdrawing" aria-current="step"');
    expect(page.match(/<li>/g)).toHaveLength(4);
    expect(page).not.toMatch(/<script|<style|\sstyle=|javascript:/);
    const style = await shop.app.request('/api/orders/history.css');
    expect(page).toContain('<link rel="stylesheet" href="/api/orders/history.css">');
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  });
  it.each([
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/json', 'application/json'],
    ['application/json, text/html', 'application/json'],
    ['*/*', 'application/json'],
  ])('for Accept: %s is %s', async (accept, type) => {
    const order = await shop.placed();
    const response = await get(`/api/orders/${order.id}/history`, ada, { accept });
    expect(response.headers.get('content-type')).toContain(type);
  });
  it('B23 for Accept: application/xml is refused', async () => {
    const response = await get(`/api/orders/${randomUUID()}/history`, ada, { accept: 'application/xml' });
    expect(response.status).toBe(406);
  });
});

describe('the figures of the worker', () => {
  const figure = async (name: string): Promise<number> => {
    const text = await shop.own.metrics.registry.metrics();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  it('say how old the oldest unfinished order is, and how many refunds are overdue', async () => {
    await shop.sql`truncate shop_order, order_line`;
    const order = await shop.placed();
    await shop.reserve(order.id);
    await shop.cancel(order.id);
    await measureOrders(shop.own);
    expect(await figure('orders_overdue')).toBe(0);
    shop.clock.pass(61);
    await moveDueOrders(shop.own);
    await measureOrders(shop.own);
    expect(await figure('orders_overdue')).toBe(1);
    expect(await figure('orders_oldest_unfinished_seconds')).toBeGreaterThanOrEqual(61);
    await shop.refund(order, 0);
    await measureOrders(shop.own);
    expect([await figure('orders_overdue'), await figure('orders_oldest_unfinished_seconds')]).toEqual([0, 0]);
  });
  it('keys that nobody repeats any more are removed', async () => {
    await shop.sql`truncate idempotency_key`;
    await shop.placed();
    expect(await purgeKeys(shop.own)).toBe(0);
    shop.clock.pass(8 * 86_400);
    expect(await purgeKeys(shop.own)).toBe(1);
    expect(await shop.sql`select 1 from idempotency_key`).toHaveLength(0);
  });
});
