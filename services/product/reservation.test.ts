import { randomUUID } from 'node:crypto';
import type { EventContract } from '@millrace/catalog/event.ts';
import { applyBatch } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import { readEvent } from '@millrace/runtime/event-envelope.ts';
import { noFault } from '@millrace/runtime/fault-point.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findImbalances } from './testing/balance.ts';
import type { OrderEvent, TestOrder } from './testing/orders.ts';
import { cancelled, confirmed, placed, rejected } from './testing/orders.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let nowMs = Date.now();
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ hasConsumers: false, clock: { now: () => new Date(nowMs) } });
});
afterAll(() => shop.close());

const minuteMs = 60_000;

/** One thing that happens in the shop. Events are named by order and by which of its events it is. */
type Happening =
  | { what: 'event'; events: { order: number; event: number }[] }
  | { what: 'restock'; product: number; quantity: number }
  | { what: 'patch'; product: number; isActive: boolean }
  | { what: 'time'; minutes: number };

const productCount = 4;
const orderCount = 8;

/** How an order goes on after it was placed, and with which versions. */
const lives = {
  sold: [confirmed],
  declined: [rejected],
  cancelledLate: [confirmed, cancelled],
  cancelledEarly: [cancelled],
  open: [],
} as const;
type Life = keyof typeof lives;

const story = fc.record({
  stocks: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: productCount, maxLength: productCount }),
  orders: fc.array(
    fc.record({
      life: fc.constantFrom<Life>('sold', 'declined', 'cancelledLate', 'cancelledEarly', 'open'),
      lines: fc.uniqueArray(
        fc.record({ product: fc.integer({ min: 0, max: productCount - 1 }), quantity: fc.integer({ min: 1, max: 4 }) }),
        { minLength: 1, maxLength: 3, selector: ({ product }) => product },
      ),
    }),
    { minLength: orderCount, maxLength: orderCount },
  ),
  happenings: fc.array(
    fc.oneof<fc.Arbitrary<Happening>[]>(
      {
        weight: 6,
        arbitrary: fc.record({
          what: fc.constant('event' as const),
          events: fc.array(
            fc.record({
              order: fc.integer({ min: 0, max: orderCount - 1 }),
              event: fc.integer({ min: 0, max: 2 }),
            }),
            { minLength: 1, maxLength: 4 },
          ),
        }),
      } as never,
      fc.record({
        what: fc.constant('restock' as const),
        product: fc.integer({ min: 0, max: productCount - 1 }),
        quantity: fc.integer({ min: 1, max: 5 }),
      }),
      fc.record({
        what: fc.constant('patch' as const),
        product: fc.integer({ min: 0, max: productCount - 1 }),
        isActive: fc.boolean(),
      }),
      fc.record({ what: fc.constant('time' as const), minutes: fc.integer({ min: 0, max: 20 }) }),
    ),
    { minLength: 5, maxLength: 40 },
  ),
});

interface Played {
  products: string[];
  orders: { order: TestOrder; events: OrderEvent[]; life: Life }[];
}

/** Applies events of one type in one transaction, behind the inbox, as a consumer does. */
async function apply(events: readonly OrderEvent[]): Promise<void> {
  for (const name of new Set(events.map(({ contract }) => contract.name))) {
    const group = events.filter(({ contract }) => contract.name === name);
    const contracts = [group[0]?.contract].filter((contract) => contract !== undefined);
    const deliveries = group.map(({ contract, id, version, order, data }) => {
      const made = incoming(contract, { id, aggregateId: order.id, aggregateVersion: version, data });
      const read = readEvent<EventContract>(made.body, { contracts, oldest: new Date(0) });
      if (!('event' in read)) throw new Error(`a wrong event: ${read.refusal.reason}`);
      return { message: { id, body: made.body, receiveCount: 1, handle: id }, event: read.event };
    });
    const handle = (tx: Transaction, given: never[]) => handlerOf(name)(tx, given);
    const batch = {
      consumer: name,
      deliveries,
      handle,
      onDead: undefined,
      deadlineMs: 5_000,
      statementMs: 5_000,
      reach: noFault,
    };
    await shop.own.database.db.transaction((tx) => applyBatch(tx, batch as never));
  }
}

const handlerOf = (name: string) => {
  if (name === 'OrderPlaced')
    return shop.keeper.hold as (tx: Transaction, events: never[]) => ReturnType<typeof shop.keeper.hold>;
  if (name === 'OrderConfirmed') return shop.keeper.confirm as never as typeof shop.keeper.end;
  return shop.keeper.end;
};

async function happen(played: Played, happening: Happening): Promise<void> {
  if (happening.what === 'event') {
    const events = happening.events.map(({ order, event }) => played.orders[order]?.events[event]);
    return apply(events.filter((event) => event !== undefined));
  }
  if (happening.what === 'time') {
    nowMs += happening.minutes * minuteMs;
    await shop.own.database.db.transaction((tx) => shop.keeper.expire(tx, 5));
    return;
  }
  const path = `/api/products/${played.products[happening.product]}`;
  const response =
    happening.what === 'restock'
      ? await shop.ask('POST', `${path}/stock`, { body: { quantity: happening.quantity } })
      : await shop.ask('PATCH', path, { body: { isActive: happening.isActive }, headers: { 'if-match': '*' } });
  expect(response.status).toBe(200);
}

/** Versions of events about one order are 1, 2, 3 …; of a product they are as many as it has. */
async function expectVersionsWithoutGaps(aggregateIds: readonly string[]): Promise<void> {
  const rows = await shop.sql`
    select aggregate_id from outbox where aggregate_id = any(${[...aggregateIds]})
    group by aggregate_id having count(*) <> max(aggregate_version) or count(distinct aggregate_version) <> count(*)`;
  expect([...rows]).toEqual([]);
}

/** What each order must have come to, whatever the way. */
async function expectEnds({ orders }: Played): Promise<void> {
  for (const { order, life } of orders) {
    const [row] = await shop.sql<{ state: string }[]>`select state from reservation where order_id = ${order.id}`;
    const allowed: Record<Life, string[]> = {
      // A late payment whose stock is gone is refused: the order hears it.
      sold: ['sold', 'refused'],
      declined: ['returned'],
      cancelledLate: ['returned'],
      cancelledEarly: ['returned'],
      open: ['expired', 'refused'],
    };
    expect(allowed[life]).toContain(row?.state);
  }
}

async function play(told: typeof story extends fc.Arbitrary<infer Told> ? Told : never): Promise<void> {
  const products = await Promise.all(told.stocks.map(async (stock) => (await shop.add({ stock })).id));
  const orders = told.orders.map(({ life, lines }) => {
    const order: TestOrder = {
      id: randomUUID(),
      userId: randomUUID(),
      lines: lines.map(({ product, quantity }) => ({ productId: products[product] ?? '', quantity })),
    };
    const later = lives[life].map((make, place) => make(order, place + 3));
    return { order, life, events: [placed(order), ...later] as OrderEvent[] };
  });
  const played = { products, orders };
  for (const happening of told.happenings) {
    await happen(played, happening);
    expect(await findImbalances(shop.sql, products)).toEqual([]);
  }
  // Everything is delivered at last, some of it again; then time goes by.
  for (const { events } of orders) await apply(events);
  nowMs += 20 * minuteMs;
  while ((await shop.own.database.db.transaction((tx) => shop.keeper.expire(tx, 5))) > 0);
  expect(await findImbalances(shop.sql)).toEqual([]);
  await expectEnds(played);
  await expectVersionsWithoutGaps([...products, ...orders.map(({ order }) => order.id)]);
}

test('I2 whatever happens in whatever order and however often, stock adds up and nothing outlives its order', async () => {
  await fc.assert(fc.asyncProperty(story, play), { numRuns: 30 });
}, 300_000);

test('I2 the check itself sees what does not add up', async () => {
  const { id } = await shop.add({ stock: 5 });
  await shop.sql`update stock set available = 4 where product_id = ${id}`;
  expect(await findImbalances(shop.sql)).toHaveLength(1);
  await shop.sql`update stock set available = 5 where product_id = ${id}`;
  const orderId = randomUUID();
  await shop.sql`
    insert into reservation values (${orderId}, ${orderId}, now(), now(), now(), 1, 1, 'sold')`;
  await shop.sql`insert into reservation_line values (${orderId}, ${id}, 1)`;
  expect(await findImbalances(shop.sql)).toHaveLength(1);
  await shop.sql`delete from reservation_line where order_id = ${orderId}`;
  expect(await findImbalances(shop.sql)).toEqual([]);
});
