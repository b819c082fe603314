import { queueName } from '@millrace/catalog/names.ts';
import { startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { databaseBroker, sendRaw } from '@millrace/runtime/testing/database-broker.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExpiry } from './expiry.ts';
import { reactionsOf } from './reactions.ts';
import { findImbalances } from './testing/balance.ts';
import type { OrderEvent, TestOrder } from './testing/orders.ts';
import { anOrder, availableOf, cancelled, confirmed, placed, quiet, rejected, stateOf } from './testing/orders.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let aheadMs = 0;
let shop: Shop;
let second: { close(): Promise<void> };
beforeAll(async () => {
  shop = await openShop({ clock: { now: () => new Date(Date.now() + aheadMs) } });
  const broker = databaseBroker({ database: shop.own.database, bindings: {} });
  second = startSubscriptions(shop.own, broker, reactionsOf(shop.own, { keeper: shop.keeper }));
});
afterAll(async () => {
  await second?.close();
  await shop?.close();
});

/** Puts events into their queues without waiting for what becomes of them. */
async function send(...events: OrderEvent[]): Promise<void> {
  for (const { contract, id, version, order, data } of events) {
    const { body } = incoming(contract, { id, aggregateId: order.id, aggregateVersion: version, data });
    await sendRaw(shop.sql, queueName('dev', 'product', contract.name), body);
  }
}
const restock = (id: string, quantity: number, headers: Record<string, string> = {}) =>
  shop.ask('POST', `/api/products/${id}/stock`, { body: { quantity }, headers });
const metric = async (name: string): Promise<number> => {
  const text = await shop.own.metrics.registry.metrics();
  return [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
};

/** How often the database ended one of two transactions that waited for each other. Each connection has counted its own. */
async function deadlocks(): Promise<number> {
  // Long enough that no connection of the pool answers two of them.
  const tell = () => shop.sql`select pg_stat_force_next_flush(), pg_sleep(0.2)`;
  await Promise.all(Array.from({ length: 10 }, tell));
  const [row] = await shop.sql<{ deadlocks: number }[]>`
    select deadlocks::int from pg_stat_database where datname = current_database()`;
  return row?.deadlocks ?? Number.NaN;
}

describe('F26 opposing stock updates', () => {
  test('by orders of two workers and by HTTP wait for each other in one order: nothing fails, nothing is negative', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, async () => (await shop.add({ stock: 60 })).id));
    const orders = Array.from({ length: 120 }, (_, place) => {
      const lines = ids.map((productId) => ({ productId, quantity: 1 }));
      return anOrder(...(place % 2 === 0 ? lines : lines.toReversed()));
    });
    const ends = orders
      .map((order, place) => [confirmed, rejected, cancelled][place % 3]?.(order))
      .filter((end) => end !== undefined);
    const restocks = ids.flatMap((id) => Array.from({ length: 5 }, () => restock(id, 1)));
    const [answers] = await Promise.all([
      Promise.all(restocks),
      send(...orders.map((order) => placed(order)), ...ends),
      send(...ends.toReversed(), ...orders.toReversed().map((order) => placed(order, 1))),
    ]);
    await quiet(shop);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await findImbalances(shop.sql)).toEqual([]);
    expect(await deadlocks()).toBe(0);
    expect(await metric('consumer_retries_total')).toBe(0);
    expect(await metric('consumer_dead_total')).toBe(0);
  }, 180_000);

  test('that the database ends are tried three times, then the caller is asked to come again', async () => {
    const { id } = await shop.add({ stock: 4 });
    // A sequence is not rolled back: it counts the attempts.
    await shop.sql.unsafe(`
      create sequence attempt;
      create function end_transaction() returns trigger language plpgsql as $$
      begin
        if nextval('attempt') <= coalesce(current_setting('test.refusals', true), '3')::int then
          raise exception 'deadlock detected' using errcode = '40P01';
        end if;
        return new;
      end $$;
      create trigger end_transaction before update on stock for each row
        when (new.product_id = '${id}') execute function end_transaction();`);
    const refused = await restock(id, 1, { 'idempotency-key': 'contended' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await outcome(refused)).toMatchObject({ status: 409, slug: 'conflict' });
    expect(await shop.sql`select last_value::int as attempts from attempt`).toEqual([{ attempts: 3 }]);
    expect(await availableOf(shop, id)).toBe(4);
    // The key was not used up, and the fourth attempt is let through.
    expect((await restock(id, 1, { 'idempotency-key': 'contended' })).status).toBe(200);
    expect(await availableOf(shop, id)).toBe(5);
    await shop.sql`alter sequence attempt restart with 2`;
    // An order's event is repeated at once in the same way.
    const order = anOrder({ productId: id, quantity: 5 });
    await send(placed(order));
    await quiet(shop);
    expect(await stateOf(shop, order)).toBe('held');
    expect(await availableOf(shop, id)).toBe(0);
    await shop.sql`drop trigger end_transaction on stock`;
  });
});

describe('F15 two workers', () => {
  test('never sell more than there is, and each order is answered once', async () => {
    const { id } = await shop.add({ stock: 25 });
    const orders = Array.from({ length: 60 }, () => anOrder({ productId: id, quantity: 1 }));
    const events = orders.map((order) => placed(order));
    await Promise.all([send(...events), send(...events.toReversed()), send(...events)]);
    await quiet(shop);
    const rows = await shop.sql<{ type: string; count: number }[]>`
      select type, count(*)::int from outbox where aggregate_id = any(${orders.map((order) => order.id)}) group by type order by type`;
    expect(rows).toEqual([
      { type: 'StockRejected', count: 35 },
      { type: 'StockReserved', count: 25 },
    ]);
    expect(await availableOf(shop, id)).toBe(0);
    expect(await findImbalances(shop.sql)).toEqual([]);
  }, 180_000);

  test('and a clock that gives back at the same time answer each order once and lose no piece', async () => {
    const { id } = await shop.add({ stock: 40 });
    const orders: TestOrder[] = Array.from({ length: 40 }, () => anOrder({ productId: id, quantity: 1 }));
    await send(...orders.map((order) => placed(order)));
    await quiet(shop);
    expect(await availableOf(shop, id)).toBe(0);
    aheadMs = 16 * 60_000;
    const loops = [startExpiry(shop.own, shop.keeper), startExpiry(shop.own, shop.keeper)];
    await send(...orders.map((order, place) => (place % 2 === 0 ? confirmed(order) : cancelled(order))));
    await quiet(shop);
    await waitFor(async () => (await shop.sql`select from reservation where state = 'held'`).length === 0, 30_000);
    await Promise.all(loops.map((loop) => loop.close()));
    aheadMs = 0;
    expect(await findImbalances(shop.sql)).toEqual([]);
    // A late payment takes its piece again: all are there.
    expect(await availableOf(shop, id)).toBe(20);
    const rows = await shop.sql<{ state: string; count: number }[]>`
      select state, count(*)::int from reservation where order_id = any(${orders.map((order) => order.id)}) group by state order by state`;
    expect(rows).toEqual([
      { state: 'returned', count: 20 },
      { state: 'sold', count: 20 },
    ]);
  }, 180_000);
});

test('a worker that meets a lost database goes on when it is back', async () => {
  const { id } = await shop.add({ stock: 5 });
  const loop = startExpiry(shop.own, shop.keeper);
  const order = anOrder({ productId: id, quantity: 5 });
  await send(placed(order));
  await quiet(shop);
  await shop.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  aheadMs = 16 * 60_000;
  await waitFor(async () => (await stateOf(shop, order)) === 'expired', 60_000);
  aheadMs = 0;
  await loop.close();
  expect(await findImbalances(shop.sql)).toEqual([]);
}, 180_000);
