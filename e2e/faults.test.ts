import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSql, startAudit, startLoyaltyAudit } from './audit.ts';
import type { Databases } from './invariants.ts';
import { findViolations } from './invariants.ts';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { quiet } from './quiescence.ts';
import type { Answer, Person } from './shop.ts';
import { makeProduct, orderIn, personOn, placed, placeOrder, register } from './shop.ts';

const names = ['user', 'product', 'order', 'payment', 'notification', 'analytics'] as const;
const restartMs = 60_000;
const endMs = 180_000;
const rounds = 6;
const writesPerRound = 12;
const ends = ['delivered', 'rejected', 'cancelled'];

let platform: Platform;
let databases: Databases;
let operator: Person;
let thing: string;
beforeAll(async () => {
  platform = await startPlatform({ variables: { SHIP_AFTER_SECONDS: '1', DELIVER_AFTER_SECONDS: '1' } });
  databases = Object.fromEntries(
    names.map((name) => [name, openSql(platform.endpoints.databases[name] ?? '')]),
  ) as Databases;
  for (const name of ['user', 'product', 'order', 'payment'] as const) await startAudit(databases[name]);
  await startLoyaltyAudit(databases.user);
  operator = await personOn(platform, 'products:write');
  thing = await makeProduct(operator, { name: 'Thing', priceMinor: 1_000, stock: 100_000 });
}, 180_000);
afterAll(async () => {
  await Promise.all(Object.values(databases ?? {}).map((sql) => sql.end({ timeout: 2 })));
  await platform?.stop();
}, 60_000);

const toRest = async (): Promise<void> => {
  const moving = async (): Promise<number> =>
    (await databases.order`select 1 from shop_order where state not in ${databases.order(ends)}`).length;
  await expect.poll(moving, { timeout: endMs, interval: 250 }).toBe(0);
  const { deadLetters } = await quiet(platform.endpoints.control, databases, endMs);
  expect(deadLetters).toEqual({});
  expect(await findViolations(databases)).toEqual([]);
};

/** A write that may be repeated, and what identifies its effect. */
type Write = (person: Person, key: string) => Promise<Answer>;
const writes: Record<string, Write> = {
  'order-api': (person, key) =>
    placeOrder(person, { items: [{ productId: thing, quantity: 1 }], paymentToken: 'tok_ok', key }),
  'product-api': (_, key) =>
    operator.insist('POST', '/api/products', {
      body: { name: `Thing ${key}`, price: { amountMinor: 100, currency: 'EUR' }, stock: 1 },
      headers: { 'idempotency-key': key },
    }),
  'user-api': (person) =>
    person.insist('PUT', '/api/users/me', { body: { name: 'Ada Archer', email: `${person.id}@example.com` } }),
};
const idOf = ({ body }: Answer): string => (body as { id: string }).id;

describe('F1 kill -9 in the middle of requests', () => {
  it.each(Object.keys(writes))(
    'of %s: whoever repeats a write gets the same answer, and it was done once',
    async (kind) => {
      const write = writes[kind] as Write;
      for (let round = 0; round < rounds; round += 1) {
        const pairs = await Promise.all(
          Array.from({ length: writesPerRound }, async () => ({ person: await personOn(platform), key: randomUUID() })),
        );
        const first = pairs.map(({ person, key }) => write(person, key));
        await delay(Math.random() * 15);
        await platform.kill(kind);
        await platform.untilBack(kind, restartMs);
        const before = await Promise.all(first);
        const again = await Promise.all(pairs.map(({ person, key }) => write(person, key)));
        expect(before.filter(({ status }) => status >= 300)).toEqual([]);
        expect(again.map(idOf)).toEqual(before.map(idOf));
        expect(new Set(before.map(idOf)).size).toBe(writesPerRound);
      }
      await toRest();
    },
    600_000,
  );

  it('of payment-api and payment-worker while orders are paid: each is charged once', async () => {
    const person = await personOn(platform);
    await register(person);
    for (let round = 0; round < rounds; round += 1) {
      for (let count = 0; count < writesPerRound; count += 1)
        await placed(person, { items: [{ productId: thing, quantity: 1 }], paymentToken: 'tok_ok' });
      for (const kind of ['payment-api', 'payment-worker']) {
        await platform.kill(kind);
        await platform.untilBack(kind, restartMs);
      }
    }
    await toRest();
  }, 600_000);
});

describe('F6 kill -9 of PostgreSQL', () => {
  it('with orders in flight: they go on soon after it is back, and no process of a service restarts', async () => {
    const person = await personOn(platform);
    await register(person);
    const before = platform.pids();
    const orders = Array.from({ length: 40 }, () =>
      placed(person, { items: [{ productId: thing, quantity: 1 }], paymentToken: 'tok_ok' }),
    );
    await delay(50);
    await platform.kill('postgres');
    await platform.untilBack('postgres', restartMs);
    await expect
      .poll(() => databases.order`select 1`.then((rows) => rows.length).catch(() => 0), { timeout: restartMs })
      .toBe(1);
    const probe = await placed(person, { items: [{ productId: thing, quantity: 1 }], paymentToken: 'tok_ok' });
    await orderIn(person, probe.id, { states: ['confirmed', 'shipped', 'delivered'], deadlineMs: endMs });
    await Promise.all(orders);
    await toRest();
    const { postgres: _, ...services } = platform.pids();
    expect(before).toMatchObject(services);
  }, 600_000);
});

describe('F20 a replay of the bus', () => {
  it('of everything that was ever published has no effect', async () => {
    const person = await personOn(platform);
    await register(person);
    const tokens = ['tok_ok', 'tok_declined', 'tok_error_once'];
    for (let count = 0; count < 15; count += 1) {
      const paymentToken = tokens[count % tokens.length] ?? 'tok_ok';
      await placed(person, { items: [{ productId: thing, quantity: 2 }], paymentToken });
    }
    await toRest();
    const before = await effects();
    const archive = (await callBus('DescribeArchive', { ArchiveName: 'dev-millrace' })) as {
      ArchiveArn: string;
      EventSourceArn: string;
      EventCount: number;
    };
    expect(archive.EventCount).toBeGreaterThan(75);
    const now = Date.now() / 1_000;
    await callBus('StartReplay', {
      ReplayName: 'everything',
      EventSourceArn: archive.ArchiveArn,
      EventStartTime: now - 86_400,
      EventEndTime: now,
      Destination: { Arn: archive.EventSourceArn },
    });
    const state = async (): Promise<string> =>
      ((await callBus('DescribeReplay', { ReplayName: 'everything' })) as { State: string }).State;
    await expect.poll(state, { timeout: endMs, interval: 250 }).toBe('COMPLETED');
    await toRest();
    expect(await effects()).toEqual(before);
  }, 600_000);
});

/** How many rows there are of everything that events make, and how often they were changed. */
async function effects(): Promise<Record<string, number>> {
  const tables = {
    user: ['inbox', 'loyalty_entry', 'audit.loyalty'],
    product: ['inbox', 'stock_movement', 'reservation', 'audit.event'],
    order: ['inbox', 'shop_order', 'order_move', 'audit.event'],
    payment: ['inbox', 'payment', 'provider.charge', 'provider.refund', 'audit.event'],
    notification: ['inbox', 'notice', 'mail', 'contact'],
    analytics: ['inbox', 'shop_order'],
  } as const;
  const counts: Record<string, number> = {};
  for (const [name, list] of Object.entries(tables)) {
    for (const table of list) {
      const [row] = await databases[name as keyof Databases].unsafe<{ rows: number }[]>(
        `select count(*)::int as rows from ${table}`,
      );
      counts[`${name}.${table}`] = row?.rows ?? -1;
    }
  }
  const [sums] = await databases.product`select sum(orders)::int as popularity from popularity`;
  return { ...counts, popularity: Number(sums?.popularity) };
}

async function callBus(operation: string, input: object): Promise<unknown> {
  const response = await fetch(platform.endpoints.aws, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${operation}` },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`);
  return JSON.parse(text);
}
