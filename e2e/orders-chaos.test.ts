import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSql, startAudit, startLoyaltyAudit } from './audit.ts';
import type { Databases, Violation } from './invariants.ts';
import { findViolations } from './invariants.ts';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { quiet, redriveAll, setFaults } from './quiescence.ts';
import type { PlannedOrder } from './schedule.ts';
import { fingerprint, makeSchedule } from './schedule.ts';
import type { Person } from './shop.ts';
import { makeProduct, personOn, placeOrder, register } from './shop.ts';

const kinds = [
  ...['user', 'product', 'order', 'payment', 'notification'].flatMap((name) => [`${name}-api`, `${name}-worker`]),
  'aws',
  'postgres',
];
const killsPerKind = Number(process.env.CHAOS_KILLS ?? 25);
const orderCount = Number(process.env.CHAOS_ORDERS ?? 2_000);
/** Some are refused at the door, for what has run out: the more, the later the stock hears that others were rejected. */
const plannedCount = orderCount * 2;
const shopperCount = 40;
const productCount = 25;
const lanes = 8;
const killLanes = 3;
const restartMs = 60_000;
const workMs = 1_000;
/** Far more than it takes: what is open then does not end by itself. */
const endMs = 180_000;
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);
const ends = ['delivered', 'rejected', 'cancelled'];
/** Each event once to five times, and out of a thousand that wait any ten. */
const disorder = [
  ...[2, 3, 4, 5].map((copies) => ({
    operation: 'Deliver',
    probability: 0.1,
    action: { kind: 'duplicate', copies },
  })),
  { operation: 'ReceiveMessage', probability: 1, action: { kind: 'shuffle', window: 1_000 } },
];

/** One way to break each invariant, the mildest first, because they add up. */
const spoilers: [invariant: Violation['invariant'], database: keyof Databases, statement: string][] = [
  [
    'I10',
    'notification',
    'delete from notice where id = (select id from notice where channel = $$page$$ and order_id is not null limit 1)',
  ],
  [
    'I8',
    'user',
    `update loyalty_entry set points = points + 1 where order_id = (
    select order_id from loyalty_entry where state = 'granted' limit 1)`,
  ],
  [
    'I5',
    'analytics',
    `update shop_order set state = 'placed' where order_id = (select order_id from shop_order limit 1)`,
  ],
  [
    'I4',
    'product',
    `delete from inbox where consumer = 'OrderPlaced' and event_id = (
    select event_id from inbox where consumer = 'OrderPlaced' and event_id <> '00000000-0000-0000-0000-000000000000' limit 1)`,
  ],
  [
    'I3',
    'payment',
    'update audit.event set aggregate_version = aggregate_version + 1 where seq = (select min(seq) from audit.event)',
  ],
  [
    'I2',
    'product',
    'update stock set available = available + 1 where product_id = (select product_id from stock limit 1)',
  ],
  ['I1', 'payment', 'update provider.charge set amount_minor = amount_minor + 1'],
  [
    'I6',
    'order',
    `insert into order_move (order_id, version, at, from_state, move, to_state)
    select order_id, max(version) + 1, now(), 'delivered', 'cancel', 'cancelled' from order_move group by order_id limit 1`,
  ],
];

let platform: Platform;
let databases: Databases;
beforeAll(async () => {
  // Shipping takes seconds in life; here every order has to end while somebody waits.
  platform = await startPlatform({ variables: { SHIP_AFTER_SECONDS: '3', DELIVER_AFTER_SECONDS: '3' } });
  const open = (name: string) => openSql(platform.endpoints.databases[name] ?? '');
  const [user, product, order] = ['user', 'product', 'order'].map(open) as [never, never, never];
  const [payment, notification, analytics] = ['payment', 'notification', 'analytics'].map(open) as [
    never,
    never,
    never,
  ];
  databases = { user, product, order, payment, notification, analytics };
  for (const sql of [user, product, order, payment]) await startAudit(sql);
  await startLoyaltyAudit(databases.user);
}, 180_000);
afterAll(async () => {
  await Promise.all(Object.values(databases ?? {}).map((sql) => sql.end({ timeout: 2 })));
  await platform?.stop();
}, 60_000);

const plan = () =>
  makeSchedule({ seed, orders: plannedCount, shoppers: shopperCount, products: productCount, kinds, killsPerKind });

/** Places the orders of a schedule, and cancels those that are to be cancelled. Gives back how the door answered. */
async function shop(
  orders: readonly PlannedOrder[],
  parts: { people: readonly Person[]; products: readonly string[]; isUnderFire: () => boolean; pauseMs: number },
): Promise<{ statuses: Record<number, number>; ids: string[] }> {
  const statuses: Record<number, number> = {};
  const ids: string[] = [];
  const waiting = orders[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const planned of waiting) {
      if (ids.length >= orderCount) return;
      const person = parts.people[planned.shopper] as Person;
      const items = planned.items.map(({ product, quantity }) => ({
        productId: parts.products[product] ?? '',
        quantity,
      }));
      const { status, body } = await placeOrder(person, { items, paymentToken: planned.paymentToken });
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 202) {
        const { id } = body as { id: string };
        ids.push(id);
        if (planned.cancelAfterMs !== undefined) cancels.push(cancelLater(person, id, planned.cancelAfterMs));
      }
      // Spreads the orders over the kills.
      if (parts.isUnderFire()) await delay(parts.pauseMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await Promise.all(cancels);
  return { statuses, ids };
}

const cancels: Promise<void>[] = [];
const cancelStatuses: Record<number, number> = {};

async function cancelLater(person: Person, id: string, afterMs: number): Promise<void> {
  await delay(afterMs);
  const { status } = await person.insist('POST', `/api/orders/${id}/cancel`);
  cancelStatuses[status] = (cancelStatuses[status] ?? 0) + 1;
}

/** Kills processes one after the other in a few lanes; none of them while it is not back from the last time. */
async function killAll(kills: readonly string[]): Promise<void> {
  const waiting = [...kills];
  const busy = new Set<string>();
  const lane = async (): Promise<void> => {
    for (;;) {
      const place = waiting.findIndex((kind) => !busy.has(kind));
      const [kind] = place < 0 ? [] : waiting.splice(place, 1);
      if (kind === undefined) {
        if (waiting.length === 0) return;
        await delay(20);
        continue;
      }
      busy.add(kind);
      await platform.kill(kind);
      await platform.untilBack(kind, restartMs);
      // Long enough to begin work again, so that the next kill of its kind meets it in the middle of something.
      await delay(workMs);
      busy.delete(kind);
    }
  };
  await Promise.all(Array.from({ length: killLanes }, lane));
}

describe(`${orderCount} orders, kill -9 ${killsPerKind} times each of ${kinds.length} processes (seed ${seed})`, () => {
  it('the same seed makes the same schedule', () => {
    expect(fingerprint(plan())).toBe(fingerprint(plan()));
  });

  it('every order ends soon after the faults stop, and no invariant is broken', async () => {
    const schedule = plan();
    const operator = await personOn(platform, 'products:write');
    const people = await Promise.all(Array.from({ length: shopperCount }, () => personOn(platform)));
    await Promise.all(people.map((person, number) => register(person, `Shopper ${number}`)));
    const products = await Promise.all(
      Array.from({ length: productCount }, (_, number) =>
        // Some run out while people order, and one costs nothing.
        makeProduct(operator, {
          name: `Thing ${number}`,
          priceMinor: number * 350,
          stock: number % 8 === 0 ? 60 : 5_000,
        }),
      ),
    );
    await setFaults(platform.endpoints.control, { seed, faults: disorder });
    let isUnderFire = true;
    const pauseMs = 400;
    const shopping = shop(schedule.orders, { people, products, isUnderFire: () => isUnderFire, pauseMs });
    await killAll(schedule.kills);
    isUnderFire = false;
    const { statuses, ids } = await shopping;
    await setFaults(platform.endpoints.control, { seed, faults: [] });
    const stoppedMs = performance.now();
    const open = async (): Promise<number> => {
      const rows = await databases.order`select 1 from shop_order where state not in ${databases.order(ends)}`;
      return rows.length;
    };
    await expect.poll(open, { timeout: endMs, interval: 250 }).toBe(0);
    const endedMs = Math.round(performance.now() - stoppedMs);
    const killed = await quiet(platform.endpoints.control, databases, endMs);
    // Whatever was in hand at five kills was received too often, and goes back. What a consumer refuses would die again.
    await redriveAll(platform.endpoints.aws, killed.deadLetters);
    const { deadLetters } = await quiet(platform.endpoints.control, databases, endMs);
    expect(Object.keys(statuses).filter((status) => !['202', '409'].includes(status))).toEqual([]);
    expect(Object.keys(cancelStatuses).filter((status) => !['202', '409'].includes(status))).toEqual([]);
    expect(deadLetters).toEqual({});
    expect(ids.length).toBeGreaterThanOrEqual(orderCount);
    expect(await findViolations(databases)).toEqual([]);
    const states = await databases.order<{ state: string; orders: number }[]>`
      select state, count(*)::int as orders from shop_order group by 1 order by 1`;
    expect(states.reduce((sum, { orders }) => sum + orders, 0)).toBe(ids.length);
    process.stdout.write(
      `orders-chaos.test.ts: seed ${seed}, schedule ${fingerprint(schedule)}, ${schedule.kills.length} kills, doors ${JSON.stringify(statuses)}, ` +
        `ends ${JSON.stringify(Object.fromEntries(states.map(({ state, orders }) => [state, orders])))}, all ended ${endedMs} ms after the faults, redriven ${JSON.stringify(killed.deadLetters)}\n`,
    );
  }, 1_800_000);

  // The platform is thrown away after this: what is spoilt here stays spoilt.
  it.each(spoilers)('a broken invariant %s would be seen', async (invariant, database, statement) => {
    await databases[database].unsafe(statement);
    const found = new Set((await findViolations(databases)).map((violation) => violation.invariant));
    expect([...found]).toContain(invariant);
  });
});
