import { randomUUID } from 'node:crypto';
import { openDatabase } from '@millrace/runtime/database.ts';
import { createApp } from '@millrace/runtime/server.ts';
import { as, bearerNames, outcome } from '@millrace/runtime/testing/callers.ts';
import { startProxy } from '@millrace/runtime/testing/proxy.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDueOrders } from './due-orders.ts';
import type { OrderView } from './order.ts';
import { orderRoutes } from './routes.ts';
import type { Shop } from './testing/shop.ts';
import { ada, address, openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const deadlineMs = 30_000;
/** Long enough for a statement that comes through, so that only what the network swallows is late. */
const statementTimeoutMs = 3_000;

/** The same service behind a network that a test breaks. */
async function openFarShop() {
  const proxy = await startProxy(shop.own.config.DATABASE_URL);
  const database = openDatabase({ url: proxy.url, applicationName: 'far', poolSize: 2, statementTimeoutMs });
  const own = { ...shop.own, database };
  const app = createApp({
    name: 'order',
    version: 'test',
    routes: orderRoutes(own, shop.products),
    verifyToken: bearerNames,
    isReady: () => database.isReady(),
    metrics: own.metrics,
    log: own.log,
  });
  return { proxy, database, own, app };
}

describe('F9 an order of which nobody knows whether it was committed', () => {
  it('is found again under its key: one order, one event, the same answer', async () => {
    const { proxy, database, app } = await openFarShop();
    const productId = await shop.sell();
    const key = `lost-${randomUUID()}`;
    const place = async () =>
      app.request('/api/orders', {
        method: 'POST',
        headers: { ...as(ada), 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ items: [{ productId, quantity: 1 }], address, paymentToken: 'tok_ok' }),
      });
    // The statement comes through; the network swallows its answer.
    proxy.freezeAnswersTo(key);
    const lost = await place();
    expect(lost.headers.get('retry-after')).toBe('1');
    expect(await outcome(lost)).toEqual({ status: 503, slug: 'unavailable' });
    const committed = await waitFor(async () => {
      const [row] = await shop.sql<{ id: string }[]>`select result as id from idempotency_key where key = ${key}`;
      return row;
    }, deadlineMs);
    proxy.thaw();
    proxy.cut();
    const found = (await waitFor(async () => {
      const response = await place();
      return response.status === 202 ? response.json() : undefined;
    }, deadlineMs)) as OrderView;
    expect(found.id).toBe(committed?.id);
    expect(await shop.read(found.id)).toEqual(found);
    const events = (await shop.committed()).filter(({ data }) => data['orderId'] === found.id);
    expect(events).toHaveLength(1);
    expect(await shop.sql`select 1 from order_line where order_id = ${found.id}`).toHaveLength(1);
    await database.close();
    await proxy.close();
  }, 120_000);
});

describe('the clock of orders', () => {
  it('survives a database that is away, and goes on when it is back', async () => {
    const { proxy, database, own } = await openFarShop();
    const due = startDueOrders(own);
    const [first, second] = [await shop.placed(), await shop.placed()];
    await shop.sql`update shop_order set due_at = now() - interval '1 hour' where id = ${first.id}`;
    await waitFor(async () => (await shop.stateOf(first.id)) === 'rejected', deadlineMs);
    proxy.freeze();
    await waitFor(async () => (await database.sql`select 1`.catch(() => 'lost')) === 'lost', deadlineMs);
    await shop.sql`update shop_order set due_at = now() - interval '1 hour' where id = ${second.id}`;
    expect(await shop.stateOf(second.id)).toBe('pending');
    proxy.thaw();
    proxy.cut();
    await waitFor(async () => (await shop.stateOf(second.id)) === 'rejected', deadlineMs);
    await due.close();
    await database.close();
    await proxy.close();
  }, 120_000);
});
