import { randomUUID } from 'node:crypto';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { advance, takeDue } from './charger.ts';
import { orderFault } from './simulated-store.ts';
import type { PaymentService } from './testing/payments.ts';
import { ada, bob, openPayments, requestPayment, requestRefund } from './testing/payments.ts';

let service: PaymentService;
beforeAll(async () => {
  service = await openPayments();
});
afterAll(async () => {
  await service.close();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  Promise.resolve(service.app.request(path, { headers })).then(outcome);
const chargeAll = async (): Promise<void> => {
  const parts = { own: service.own, provider: service.provider, deadlineMs: 10_000, concurrency: 16 };
  await Promise.all((await takeDue(parts, 100)).map((payment) => advance(parts, payment)));
};
interface Page {
  items: Record<string, unknown>[];
  nextCursor: string | null;
}

describe('the list', () => {
  test('shows a payment from pending over captured to refunded', async () => {
    const asked = await requestPayment(service);
    const look = async () => ((await get(`/api/payments?orderId=${asked.orderId}`, as(ada))).body as Page).items[0];
    const none = { amountMinor: 0, currency: 'EUR' };
    const whole = { amountMinor: 5_000, currency: 'EUR' };
    const first = {
      orderId: asked.orderId,
      state: 'pending',
      total: whole,
      captured: none,
      refunded: none,
      version: 0,
    };
    expect(await look()).toEqual({
      ...first,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    await chargeAll();
    expect(await look()).toMatchObject({ state: 'captured', captured: whole, refunded: none, version: 1 });
    await requestRefund(service, asked);
    expect(await look()).toMatchObject({ state: 'refunding', refunded: none });
    await chargeAll();
    expect(await look()).toMatchObject({ state: 'refunded', captured: whole, refunded: whole, version: 2 });
  });

  test('has pages, the newest first, and each caller sees only their own', async () => {
    const [carol, dave] = [randomUUID(), randomUUID()];
    const orders: string[] = [];
    for (let place = 0; place < 5; place += 1) {
      orders.unshift((await requestPayment(service, { userId: carol })).orderId);
      await requestPayment(service, { userId: dave });
    }
    const seen: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = (await get(`/api/payments?limit=2${more}`, as(carol))).body as Page;
      seen.push(...page.items.map(({ orderId }) => orderId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(orders);
    const mine = (await get('/api/payments?limit=2', as(carol))).body as Page;
    expect(await get(`/api/payments?cursor=${mine.nextCursor}`, as(dave))).toEqual({ status: 400, slug: 'bad-cursor' });
  });

  test("B30 another user's order and one that does not exist get the same answer", async () => {
    const { orderId } = await requestPayment(service);
    const bodies = await Promise.all(
      [orderId, randomUUID()].map(async (id) => {
        const response = await service.app.request(`/api/payments?orderId=${id}`, { headers: as(bob) });
        const { instance: _, ...body } = (await response.json()) as Record<string, unknown>;
        return [response.status, body];
      }),
    );
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]?.[0]).toBe(404);
  });

  test.each([
    ['?limit=0', 422, 'range'],
    ['?orderId=7', 422, 'format-uuid'],
    ['?cursor=abc', 400, 'bad-cursor'],
    ['?state=captured', 400, 'unknown-parameter'],
  ])('refuses %s', async (query, status, slug) => {
    expect(await get(`/api/payments${query}`, as(ada))).toEqual({ status, slug });
  });

  test('needs a token', async () => {
    expect(await get('/api/payments')).toEqual({ status: 401, slug: 'token-required' });
  });
});

describe('the list of those that need a person', () => {
  test('has pages, the longest waiting first, for operators only', async () => {
    await chargeAll();
    await orderFault(service.sql, { operation: 'charge', kind: 'wrong-amount' });
    const attempts: string[] = [];
    for (let place = 0; place < 3; place += 1) {
      attempts.push((await requestPayment(service)).attemptId);
      await chargeAll();
    }
    const operator = as('olga', 'payments:operate');
    const first = (await get('/api/payments/attention?limit=2', operator)).body as Page;
    const second = (await get(`/api/payments/attention?limit=2&cursor=${first.nextCursor}`, operator)).body as Page;
    const items = [...first.items, ...second.items];
    expect(items.map(({ attemptId }) => attemptId)).toEqual(attempts);
    expect(items[0]).toMatchObject({
      state: 'parked',
      reason: 'amount-differs',
      total: { amountMinor: 5_000, currency: 'EUR' },
      captured: { amountMinor: 5_001, currency: 'EUR' },
      since: expect.stringMatching(/Z$/),
    });
    expect([first.items.length, second.nextCursor]).toEqual([2, null]);
    expect(await get('/api/payments/attention', as('olga', 'products:write'))).toEqual({
      status: 403,
      slug: 'insufficient-scope',
    });
  });
});
