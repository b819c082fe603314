import { join } from 'node:path';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '@millrace/catalog/events/order.ts';
import { analytics } from '@millrace/catalog/services.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import type { WorkloadConfig } from '@millrace/runtime/workload.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { shopReaction } from './shop.ts';
import { shopRoutes } from './shop-routes.ts';

let shop: TestService<WorkloadConfig>;
beforeAll(async () => {
  shop = await openTestService<WorkloadConfig>({
    service: analytics,
    migrations: join(import.meta.dirname, 'migrations'),
    config: {},
    workload: 'processor',
    clock: { now: () => at(20) },
    routes: (own) => shopRoutes({ db: own.database.db }),
    reactions: (own) => ({
      [OrderPlaced.name]: shopReaction(own.metrics),
      [PageViewsCollected.name]: { handle: async () => applied },
    }),
  });
});
beforeEach(async () => {
  await shop.sql`truncate shop_order, inbox`;
});
afterAll(() => shop.close());

const id = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
const user = id(1);
const items = [{ productId: id(2), quantity: 1 }];
const total = (amountMinor: number, currency: 'EUR' | 'USD' = 'EUR') => ({ amountMinor, currency });
const day = '2026-03-01';
const at = (hour: number) => new Date(`${day}T${String(hour).padStart(2, '0')}:30:00Z`);
const figures = async (query = `from=${day}T00:00:00Z&to=${day}T23:00:00Z`) =>
  outcome(await shop.app.request(`/api/analytics/shop?${query}`, { headers: as('ada', 'analytics:read') }));

type Step = 'placed' | 'confirmed' | 'rejected' | 'cancelled';
const deliver = (step: Step, order: { n: number; version: number; hour: number; amount: number }) => {
  const { n, version, hour, amount } = order;
  const common = { aggregateId: id(n), aggregateVersion: version, occurredAt: at(hour) };
  const reference = { orderId: id(n), userId: user };
  const to = OrderPlaced.name;
  if (step === 'placed' || step === 'confirmed') {
    const contract = step === 'placed' ? OrderPlaced : OrderConfirmed;
    return shop.deliver(contract, { ...common, data: { ...reference, items, total: total(amount) } }, to);
  }
  if (step === 'rejected')
    return shop.deliver(OrderRejected, { ...common, data: { ...reference, reason: 'out-of-stock' } }, to);
  return shop.deliver(OrderCancelled, { ...common, data: { ...reference, reason: 'changed their mind' } }, to);
};

test('orders are counted by what became of them, revenue by those that were confirmed', async () => {
  await deliver('placed', { n: 10, version: 1, hour: 8, amount: 1_000 });
  await deliver('confirmed', { n: 10, version: 3, hour: 8, amount: 1_000 });
  await deliver('placed', { n: 11, version: 1, hour: 9, amount: 500 });
  await deliver('rejected', { n: 11, version: 2, hour: 9, amount: 500 });
  await deliver('placed', { n: 12, version: 1, hour: 9, amount: 300 });
  expect(await figures()).toEqual({
    status: 200,
    body: {
      from: `${day}T00:00:00.000Z`,
      to: `${day}T23:00:00.000Z`,
      orders: { placed: 3, confirmed: 1, rejected: 1, cancelled: 0 },
      revenue: [{ currency: 'EUR', amountMinor: 1_000 }],
      series: [
        { at: `${day}T08:00:00.000Z`, placed: 1, confirmed: 1, revenueMinor: 1_000 },
        { at: `${day}T09:00:00.000Z`, placed: 2, confirmed: 0, revenueMinor: 0 },
      ],
    },
  });
});

test('the events of an order may come in any order, several times: the figures are the same', async () => {
  const life = [
    { step: 'placed', version: 1, hour: 7 },
    { step: 'confirmed', version: 3, hour: 8 },
    { step: 'cancelled', version: 5, hour: 9 },
  ] as const;
  const sequences = fc.shuffledSubarray([...life, ...life], { minLength: 6, maxLength: 6 });
  let n = 100;
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      n += 1;
      for (const { step, version, hour } of sequence) await deliver(step, { n, version, hour, amount: 700 });
      const [row] = await shop.sql`select state, version::int, placed_at, amount_minor::int, currency
        from shop_order where order_id = ${id(n)}`;
      expect(row).toEqual({ state: 'cancelled', version: 5, placed_at: at(7), amount_minor: 700, currency: 'EUR' });
    }),
    { numRuns: 15 },
  );
}, 60_000);

test('an event that comes after a later one is counted as stale', async () => {
  const stale = async () =>
    Number(
      /consumer_stale_total\{consumer="OrderPlaced"\} (\d+)/.exec(await shop.own.metrics.registry.metrics())?.[1] ?? 0,
    );
  const before = await stale();
  await deliver('confirmed', { n: 20, version: 3, hour: 8, amount: 100 });
  await deliver('placed', { n: 20, version: 1, hour: 7, amount: 100 });
  expect((await stale()) - before).toBe(1);
});

test.each([
  ['B26 the wrong way round', `from=${day}T10:00:00Z&to=${day}T09:00:00Z`, 'range-order'],
  ['B26 too wide', 'from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'range-too-wide'],
])('%s: the range is refused', async (_, query, slug) => {
  expect(await figures(query)).toEqual({ status: 422, slug });
});
