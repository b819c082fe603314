import { randomUUID } from 'node:crypto';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveDueOrders } from './due-orders.ts';
import type { OrderView } from './order.ts';
import type { Shop } from './testing/shop.ts';
import { ada, bob, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const eventsOf = async (id: string) => (await shop.committed()).filter(({ aggregateId }) => aggregateId === id);
const typesOf = async (id: string) =>
  (await eventsOf(id)).map(({ type, aggregateVersion }) => `${aggregateVersion} ${type}`);
const pass = async (seconds: number) => {
  shop.clock.pass(seconds);
  await moveDueOrders(shop.own);
};
const reserved = async (token = 'tok_ok') => {
  const order = await shop.placed({ token });
  await shop.reserve(order.id);
  return order;
};
const confirmed = async () => {
  const order = await reserved();
  await shop.pay(order);
  return order;
};
/** What everybody may know of an order. */
const seen = async (order: OrderView) => {
  const { state, isCancelling, reason, version } = await shop.read(order.id);
  return { state, isCancelling, reason, version };
};

describe('an order', () => {
  it('goes from placed to delivered, and each step says so', async () => {
    const order = await shop.placed();
    await shop.reserve(order.id);
    expect(await seen(order)).toEqual({ state: 'reserved', isCancelling: false, reason: null, version: 2 });
    await shop.pay(order);
    expect(await seen(order)).toEqual({ state: 'confirmed', isCancelling: false, reason: null, version: 4 });
    await pass(10);
    expect((await seen(order)).state).toBe('shipped');
    await pass(10);
    expect(await seen(order)).toEqual({ state: 'delivered', isCancelling: false, reason: null, version: 6 });
    expect(await typesOf(order.id)).toEqual([
      '1 OrderPlaced',
      '2 PaymentRequested',
      '4 OrderConfirmed',
      '5 OrderShipped',
      '6 OrderDelivered',
    ]);
    const reference = { orderId: order.id, userId: ada };
    const attemptId = await shop.attemptOf(order.id);
    const [, requested, confirmation, shipped] = await eventsOf(order.id);
    expect(requested?.data).toEqual({ ...reference, attemptId, paymentToken: 'tok_ok', total: order.total });
    expect(confirmation?.data).toEqual({ ...reference, items: order.items, total: order.total });
    expect(shipped?.data).toEqual(reference);
    const rows = await shop.sql`select distinct correlation_id from outbox where aggregate_id = ${order.id}`;
    expect(rows).toHaveLength(1);
  });
  it('forgets the token of the payment as soon as the payment was asked for', async () => {
    const tokens = async (id: string) => shop.sql`select payment_token from shop_order where id = ${id}`;
    const [waiting, asked, cancelled] = [await shop.placed(), await reserved(), await shop.placed()];
    await shop.cancel(cancelled.id);
    expect([...(await tokens(waiting.id)), ...(await tokens(asked.id)), ...(await tokens(cancelled.id))]).toEqual([
      { payment_token: 'tok_ok' },
      { payment_token: null },
      { payment_token: null },
    ]);
  });
  it('without stock is rejected', async () => {
    const order = await shop.placed();
    await shop.refuseStock(order.id);
    expect(await seen(order)).toEqual({ state: 'rejected', isCancelling: false, reason: 'out-of-stock', version: 2 });
    expect((await eventsOf(order.id)).at(-1)?.data).toEqual({ orderId: order.id, userId: ada, reason: 'out-of-stock' });
  });
  it('whose payment is declined is rejected', async () => {
    const order = await reserved('tok_declined');
    await shop.decline(order);
    expect(await seen(order)).toEqual({
      state: 'rejected',
      isCancelling: false,
      reason: 'payment-declined',
      version: 3,
    });
    expect(await typesOf(order.id)).toEqual(['1 OrderPlaced', '2 PaymentRequested', '3 OrderRejected']);
  });
  it('that hears nothing of its stock is rejected in time, not sooner', async () => {
    const order = await shop.placed();
    await pass(19);
    expect((await seen(order)).state).toBe('pending');
    await pass(2);
    expect(await seen(order)).toEqual({ state: 'rejected', isCancelling: false, reason: 'deadline', version: 2 });
  });
  it('that hears nothing of its payment asks for a refund, and is cancelled once nothing is held', async () => {
    const order = await reserved();
    await pass(31);
    expect(await seen(order)).toEqual({
      state: 'reserved',
      isCancelling: true,
      reason: 'payment-deadline',
      version: 3,
    });
    expect((await eventsOf(order.id)).at(-1)?.data).toEqual({
      orderId: order.id,
      userId: ada,
      attemptId: await shop.attemptOf(order.id),
      total: order.total,
      reason: 'payment-deadline',
    });
    await shop.refund(order, 0);
    expect(await seen(order)).toEqual({
      state: 'cancelled',
      isCancelling: false,
      reason: 'payment-deadline',
      version: 4,
    });
  });
  it('whose reservation ran out of time is withdrawn', async () => {
    const [early, late] = [await reserved(), await confirmed()];
    await shop.refuseStock(early.id, true);
    await shop.refuseStock(late.id);
    expect(await seen(early)).toEqual({ state: 'reserved', isCancelling: true, reason: 'stock-expired', version: 3 });
    expect(await seen(late)).toEqual({ state: 'confirmed', isCancelling: true, reason: 'out-of-stock', version: 5 });
  });
  it('is moved once by two clocks at the same moment', async () => {
    const orders = await Promise.all(Array.from({ length: 30 }, () => shop.placed()));
    shop.clock.pass(21);
    const claimed = await Promise.all(Array.from({ length: 4 }, () => moveDueOrders(shop.own)));
    expect(claimed.reduce((sum, count) => sum + count, 0)).toBe(30);
    for (const { id } of orders) expect(await typesOf(id)).toEqual(['1 OrderPlaced', '2 OrderRejected']);
  });
});

describe('an order that cannot be moved', () => {
  it('holds up no other: it raises an alarm and is left alone for a while', async () => {
    const [broken, sound] = [await shop.placed(), await shop.placed()];
    // No code of ours does that.
    await shop.sql`update shop_order set user_id = null where id = ${broken.id}`;
    shop.clock.pass(21);
    expect(await moveDueOrders(shop.own)).toBeGreaterThan(1);
    expect([await shop.stateOf(broken.id), await shop.stateOf(sound.id)]).toEqual(['pending', 'rejected']);
    expect(await shop.own.metrics.registry.metrics()).toContain('orders_alarms_total{reason="cannot-move"} 1');
    expect(await moveDueOrders(shop.own)).toBe(0);
    await shop.sql`update shop_order set user_id = ${ada} where id = ${broken.id}`;
    await pass(300);
    expect(await shop.stateOf(broken.id)).toBe('rejected');
  });
});

describe('cancelling', () => {
  it('a placed order is done at once, and again changes nothing', async () => {
    const order = await shop.placed();
    const first = await shop.cancel(order.id);
    expect([first.status, ((await first.json()) as OrderView).state]).toEqual([202, 'cancelled']);
    expect((await shop.cancel(order.id)).status).toBe(202);
    expect(await typesOf(order.id)).toEqual(['1 OrderPlaced', '2 OrderCancelled']);
  });
  it('a paid order gives the money back before it is cancelled', async () => {
    const order = await confirmed();
    const response = await shop.cancel(order.id);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      state: 'confirmed',
      isCancelling: true,
      reason: 'cancelled-by-customer',
    });
    expect((await shop.cancel(order.id)).status).toBe(202);
    await shop.refund(order, order.total.amountMinor);
    expect((await seen(order)).state).toBe('cancelled');
    expect((await typesOf(order.id)).slice(2)).toEqual(['4 OrderConfirmed', '5 RefundRequested', '6 OrderCancelled']);
  });
  it('B38 an order that has left or ended otherwise is refused with its state', async () => {
    const [left, rejected] = [await confirmed(), await shop.placed()];
    await shop.refuseStock(rejected.id);
    await pass(10);
    for (const [order, state] of [
      [left, 'shipped'],
      [rejected, 'rejected'],
    ] as const) {
      const response = await shop.cancel(order.id);
      expect(((await response.clone().json()) as { detail: string }).detail).toContain(state);
      expect(await outcome(response)).toEqual({ status: 409, slug: 'invalid-state' });
    }
  });
  it('ten times at once is one cancellation', async () => {
    const order = await reserved();
    const all = await Promise.all(Array.from({ length: 10 }, () => shop.cancel(order.id)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await typesOf(order.id)).toEqual(['1 OrderPlaced', '2 PaymentRequested', '3 RefundRequested']);
  });
  it("B30 somebody else's order is a missing one", async () => {
    const order = await shop.placed();
    const answers = await Promise.all([shop.cancel(order.id, bob), shop.cancel(randomUUID(), bob)]);
    const bodies = await Promise.all(
      answers.map(async (response) => ({ ...((await response.json()) as object), instance: '' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(bodies[0]).toEqual(bodies[1]);
    expect((await seen(order)).state).toBe('pending');
  });
});

describe('money', () => {
  it('B61 of another amount confirms nothing: the answer is put aside and an alarm is raised', async () => {
    const order = await reserved();
    await shop.pay(order, { amountMinor: order.total.amountMinor - 1 });
    expect((await seen(order)).state).toBe('reserved');
    expect((await shop.dead('PaymentProcessed')).map(({ reason }) => reason)).toEqual(['amount-differs']);
    await shop.pay(order, { attemptId: randomUUID() });
    expect((await shop.dead('PaymentProcessed')).map(({ reason }) => reason)).toEqual([
      'amount-differs',
      'attempt-differs',
    ]);
    const metrics = await shop.own.metrics.registry.metrics();
    expect(metrics).toContain('orders_alarms_total{reason="amount-differs"} 1');
    expect(await typesOf(order.id)).toEqual(['1 OrderPlaced', '2 PaymentRequested']);
  });
  it('F36 that did not come back as a whole cancels nothing, and is asked for again until it did', async () => {
    const order = await confirmed();
    await shop.cancel(order.id);
    for (const amount of [0, 1]) await shop.refund(order, amount);
    expect(await shop.dead('PaymentRefunded')).toHaveLength(2);
    await pass(61);
    await pass(121);
    expect(await seen(order)).toMatchObject({ state: 'confirmed', isCancelling: true, version: 7 });
    expect((await typesOf(order.id)).slice(3)).toEqual(['5 RefundRequested', '6 RefundRequested', '7 RefundRequested']);
    const attempts = (await eventsOf(order.id)).slice(3).map(({ data }) => data['attemptId']);
    expect(new Set(attempts)).toEqual(new Set([await shop.attemptOf(order.id)]));
    await shop.refund(order, order.total.amountMinor);
    expect((await seen(order)).state).toBe('cancelled');
  });
  it('B61 F35 of another amount that went back, as payment says, ends the order: nothing is held any more', async () => {
    const order = await reserved();
    const taken = order.total.amountMinor + 1;
    await shop.pay(order, { amountMinor: taken });
    await pass(31);
    expect(await seen(order)).toMatchObject({ state: 'reserved', isCancelling: true });
    await shop.refund(order, taken);
    expect(await seen(order)).toMatchObject({ state: 'cancelled', reason: 'payment-deadline', version: 4 });
    const notes =
      await shop.sql`select note from order_move where order_id = ${order.id} and move = 'payment-refunded'`;
    expect(notes).toEqual([{ note: 'another amount had been taken' }]);
  });
  it('that comes after the refund was asked for changes nothing but the history', async () => {
    const order = await reserved();
    await shop.cancel(order.id);
    await shop.pay(order);
    expect(await seen(order)).toMatchObject({ state: 'reserved', isCancelling: true, version: 4 });
    // It was taken, as we know now: a refund of nothing would leave the person charged.
    await shop.refund(order, 0);
    expect((await seen(order)).isCancelling).toBe(true);
    await shop.refund(order, order.total.amountMinor);
    expect(await seen(order)).toMatchObject({ state: 'cancelled', version: 5 });
    expect((await typesOf(order.id)).slice(2)).toEqual(['3 RefundRequested', '5 OrderCancelled']);
  });
});
