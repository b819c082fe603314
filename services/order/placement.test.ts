import { randomUUID } from 'node:crypto';
import { OrderPlaced } from '@millrace/catalog/events/order.ts';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrderView } from './order.ts';
import type { Shop } from './testing/shop.ts';
import { ada, address, bob, fact, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  shop.product.answer = 'well';
  shop.product.asked.length = 0;
  shop.product.known.clear();
  await shop.sql`truncate shop_order, order_line, order_move, outbox, idempotency_key, product_copy`;
});

const cart = (items: readonly object[], more: object = {}) => ({ items, address, paymentToken: 'tok_ok', ...more });
const countOrders = async () => (await shop.sql`select 1 from shop_order`).length;

describe('placing an order', () => {
  it('answers 202 with the order, priced by us, once everything is committed', async () => {
    const [first, second] = [
      await shop.sell({ name: 'Çay "glass"', price: { amountMinor: 250, currency: 'EUR' } }),
      await shop.sell({ name: 'Pot', price: { amountMinor: 1_999, currency: 'EUR' } }),
    ];
    const response = await shop.place(
      cart([
        { productId: second, quantity: 1 },
        { productId: first.toUpperCase(), quantity: 3 },
      ]),
    );
    expect(response.status).toBe(202);
    const view = (await response.clone().json()) as OrderView;
    expect(response.headers.get('location')).toBe(`/api/orders/${view.id}`);
    expect(response.headers.get('etag')).toBe('"1"');
    const items = [
      { productId: second, name: 'Pot', quantity: 1, unitPrice: { amountMinor: 1_999, currency: 'EUR' } },
      { productId: first, name: 'Çay "glass"', quantity: 3, unitPrice: { amountMinor: 250, currency: 'EUR' } },
    ];
    const total = { amountMinor: 2_749, currency: 'EUR' };
    const placedAt = view.placedAt;
    expect(view).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      state: 'pending',
      isCancelling: false,
      reason: null,
      items,
      total,
      address,
      version: 1,
      placedAt: expect.stringMatching(/Z$/),
      updatedAt: placedAt,
    });
    expect(await shop.read(view.id)).toEqual(view);
    expect(shop.product.asked).toEqual([]);
    const [event, ...others] = await shop.committed();
    expect(others).toEqual([]);
    const data = { orderId: view.id, userId: ada, items, total };
    expect(event).toEqual({
      id: expect.any(String),
      type: 'OrderPlaced',
      aggregateId: view.id,
      aggregateVersion: 1,
      data,
    });
    // Exactly what the contract says: it would leave out what it does not know.
    expect(OrderPlaced.data.parse(event?.data)).toEqual(event?.data);
    const [row] = await shop.sql`select source, version, occurred_at, correlation_id, traceparent from outbox`;
    expect(row).toEqual({
      source: 'millrace.order',
      version: 1,
      occurred_at: new Date(placedAt),
      correlation_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
    const [move] = await shop.sql`select version, from_state, move, to_state, event from order_move`;
    expect(move).toEqual({ version: 1, from_state: 'new', move: 'place', to_state: 'pending', event: 'OrderPlaced' });
  });
  it('wakes the relay', async () => {
    let heard = 0;
    const stop = await shop.own.database.listen('outbox', () => {
      heard += 1;
    });
    await shop.placed();
    await expect.poll(() => heard, { timeout: 30_000 }).toBeGreaterThan(0);
    await stop();
  });
  it('takes an address as a text, and a thousand lines', async () => {
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    await shop.sql`
      insert into product_copy (product_id, version, name, price_minor, currency, is_active, available)
      select unnest(${ids}::uuid[]), 1, ${'ü'.repeat(200)}, 100, 'EUR', true, 5`;
    const response = await shop.place(
      cart(
        ids.map((productId) => ({ productId, quantity: 5 })),
        { address: '  Ring 1, 1010 Wien ' },
      ),
    );
    const view = (await response.json()) as OrderView;
    expect([response.status, view.items.length, view.total.amountMinor, view.address]).toEqual([
      202,
      1_000,
      500_000,
      'Ring 1, 1010 Wien',
    ]);
    expect(await shop.read(view.id)).toEqual(view);
  });
});

describe('the key of a request', () => {
  it('B33 is asked for, and has a form', async () => {
    const productId = await shop.sell();
    const body = cart([{ productId, quantity: 1 }]);
    expect(await outcome(await shop.place(body, { key: null }))).toEqual({
      status: 400,
      slug: 'idempotency-key-required',
    });
    for (const key of ['k'.repeat(65), 'a b', 'caf\u00e9']) {
      expect(await outcome(await shop.place(body, { key }))).toEqual({ status: 422, slug: 'idempotency-key' });
    }
    expect(await countOrders()).toBe(0);
  });
  it('F37 two requests for the same cart with one key are one order, and the answer is the same', async () => {
    const productId = await shop.sell();
    const body = cart([{ productId, quantity: 2 }]);
    const key = randomUUID();
    const first = await shop.place(body, { key });
    const view = (await first.json()) as OrderView;
    await shop.reserve(view.id);
    const again = await shop.place(body, { key });
    expect([again.status, again.headers.get('location')]).toEqual([202, `/api/orders/${view.id}`]);
    expect(await again.json()).toEqual(view);
    // Without a key nobody can tell a repetition from a second order: nothing is placed.
    expect((await shop.place(body, { key: null })).status).toBe(400);
    expect(await countOrders()).toBe(1);
    expect(await shop.committed('OrderPlaced')).toHaveLength(1);
  });
  it('F37 twenty at once with one key are one order; each gets it, or is told to repeat', async () => {
    const productId = await shop.sell();
    const body = cart([{ productId, quantity: 2 }]);
    const key = randomUUID();
    const all = await Promise.all(Array.from({ length: 20 }, () => shop.place(body, { key })));
    const placed = all.filter(({ status }) => status === 202);
    const running = all.filter(({ status }) => status === 409);
    expect(placed.length + running.length).toBe(20);
    expect(new Set(await Promise.all(placed.map((response) => response.text()))).size).toBe(1);
    for (const response of running) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await outcome(response)).toEqual({ status: 409, slug: 'idempotency-in-progress' });
    }
    expect(await countOrders()).toBe(1);
    expect(await shop.committed()).toHaveLength(1);
  });
  it('B34 is good for one body only', async () => {
    const productId = await shop.sell();
    const key = randomUUID();
    await shop.place(cart([{ productId, quantity: 1 }]), { key });
    for (const other of [
      cart([{ productId, quantity: 2 }]),
      cart([{ productId, quantity: 1 }], { paymentToken: 'tok_x' }),
    ]) {
      expect(await outcome(await shop.place(other, { key }))).toEqual({ status: 422, slug: 'idempotency-mismatch' });
    }
    expect(await countOrders()).toBe(1);
  });
  it('B35 a second request while the first runs is told so', async () => {
    const productId = await shop.sell();
    const body = cart([{ productId, quantity: 1 }]);
    const key = randomUUID();
    // The first is held in the middle of its statement: somebody else has just begun to write its key.
    const { hold, free } = holder();
    const { hold: begun, free: begin } = holder();
    const rolledBack = new Error('rolled back');
    const held = shop.sql.begin(async (tx) => {
      await tx`insert into idempotency_key (caller, key, request_hash, result) values (${ada}, ${key}, '', '')`;
      begin();
      await hold;
      throw rolledBack;
    });
    await begun;
    const first = shop.place(body, { key });
    await waitFor(
      async () =>
        (
          await shop.sql`
            select 1 from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'`
        ).length > 0,
    );
    const second = await shop.place(body, { key });
    expect([second.status, second.headers.get('retry-after')]).toEqual([409, '1']);
    expect(await outcome(second)).toEqual({ status: 409, slug: 'idempotency-in-progress' });
    free();
    await expect(held).rejects.toBe(rolledBack);
    expect((await first).status).toBe(202);
    expect((await shop.place(body, { key })).status).toBe(202);
    expect(await countOrders()).toBe(1);
  });
  it('belongs to a person: the same key of another is another order', async () => {
    const productId = await shop.sell();
    const body = cart([{ productId, quantity: 1 }]);
    const key = randomUUID();
    const [mine, theirs] = [await shop.place(body, { key }), await shop.place(body, { key, sub: bob })];
    expect((await mine.json()) as OrderView).not.toEqual((await theirs.json()) as OrderView);
    expect(await countOrders()).toBe(2);
  });
  it('is free again after a refusal', async () => {
    const productId = await shop.sell({ available: 0 });
    shop.product.known.set(productId, fact(productId, { available: 0 }));
    const body = cart([{ productId, quantity: 1 }]);
    const key = randomUUID();
    expect((await shop.place(body, { key })).status).toBe(409);
    shop.product.known.set(productId, fact(productId, { available: 1, version: 2 }));
    expect((await shop.place(body, { key })).status).toBe(202);
  });
});

const holder = () => {
  let free: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => {
    free = resolve;
  });
  return { hold, free: () => free() };
};
