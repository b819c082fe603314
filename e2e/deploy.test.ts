import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSql, startAudit, startLoyaltyAudit } from './audit.ts';
import type { Databases } from './invariants.ts';
import { findViolations } from './invariants.ts';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { quiet } from './quiescence.ts';
import type { Person } from './shop.ts';
import { address, makeProduct, personOn, placeOrder, register } from './shop.ts';

const lanes = 6;
const restartMs = 60_000;
const endMs = 180_000;
const minSagas = 500;
const ends = ['delivered', 'rejected', 'cancelled'];
const names = ['user', 'product', 'order', 'payment', 'notification', 'analytics'] as const;

let platform: Platform;
let databases: Databases;
beforeAll(async () => {
  platform = await startPlatform({ variables: { SHIP_AFTER_SECONDS: '3', DELIVER_AFTER_SECONDS: '3' } });
  const open = names.map((name) => [name, openSql(platform.endpoints.databases[name] ?? '')]);
  databases = Object.fromEntries(open) as Databases;
  for (const name of ['user', 'product', 'order', 'payment'] as const) await startAudit(databases[name]);
  await startLoyaltyAudit(databases.user);
}, 180_000);
afterAll(async () => {
  await Promise.all(Object.values(databases ?? {}).map((sql) => sql.end({ timeout: 2 })));
  await platform?.stop();
}, 60_000);

/** Every process of a service, in the order in which a deploy would replace them. */
const deployed = (): string[] =>
  Object.keys(platform.endpoints.pids)
    .filter((name) => [...names, 'dashboard'].some((service) => name === service || name.startsWith(`${service}-`)))
    .sort();

/** Uses every API as people do, without repeating anything: an answer that is no answer counts. */
async function use(person: Person, products: readonly string[], seen: Map<string, number>): Promise<void> {
  const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const ask = async (method: string, path: string, options?: Parameters<Person['ask']>[2]): Promise<unknown> => {
    try {
      const { status, body } = await person.ask(method, path, options);
      note(status < 300 ? 'good' : `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')} ${status}`);
      return body;
    } catch (error) {
      note(`${method} ${path} ${String(error)}`);
      return undefined;
    }
  };
  const items = [{ productId: products[Math.floor(Math.random() * products.length)] ?? '', quantity: 1 }];
  const headers = { 'idempotency-key': randomUUID() };
  const order = await ask('POST', '/api/orders', { body: { items, address, paymentToken: 'tok_ok' }, headers });
  await ask('GET', `/api/orders/${(order as { id: string } | undefined)?.id}`);
  await ask('GET', '/api/products?limit=5');
  await ask('PUT', '/api/users/me', { body: { name: `Ada ${Date.now() % 7}`, email: `${person.id}@example.com` } });
  await ask('GET', '/api/users/me/loyalty');
  await ask('GET', '/api/notifications');
  await ask('GET', '/api/payments');
}

it('F29 a deploy in the middle of sagas: SIGTERM to every process of every service fails no request and loses nothing', async () => {
  const operator = await personOn(platform, 'products:write');
  const products = await Promise.all(
    Array.from({ length: 10 }, (_, number) =>
      makeProduct(operator, { name: `Thing ${number}`, priceMinor: 1_000, stock: 100_000 }),
    ),
  );
  const people = await Promise.all(Array.from({ length: lanes }, () => personOn(platform)));
  await Promise.all(people.map((person) => register(person)));
  // From then on the order service knows every product: it asks nobody who is being replaced.
  for (const productId of products) {
    const items = [{ productId, quantity: 1 }];
    expect((await placeOrder(people[0] ?? operator, { items, paymentToken: 'tok_ok' })).status).toBe(202);
  }
  const seen = new Map<string, number>();
  let isOver = false;
  const lane = async (person: Person): Promise<void> => {
    while (!isOver) await use(person, products, seen);
  };
  const load = people.map(lane);
  const placed = async (): Promise<number> =>
    Number((await databases.order`select count(*) from shop_order`)[0]?.count);
  const slowest: [string, number] = ['', 0];
  for (const name of deployed()) {
    const beganMs = performance.now();
    await platform.terminate(name);
    await platform.untilBack(name, restartMs);
    const tookMs = performance.now() - beganMs;
    if (tookMs > slowest[1]) slowest.splice(0, 2, name, Math.round(tookMs));
  }
  while ((await placed()) < minSagas) await delay(100);
  isOver = true;
  await Promise.all(load);
  const moving = async (): Promise<number> =>
    (await databases.order`select 1 from shop_order where state not in ${databases.order(ends)}`).length;
  await expect.poll(moving, { timeout: endMs, interval: 250 }).toBe(0);
  await quiet(platform.endpoints.control, databases, endMs);
  expect([...seen.keys()]).toEqual(['good']);
  expect(await findViolations(databases)).toEqual([]);
  // A pod has 30 seconds to end.
  expect(slowest[1]).toBeLessThan(30_000);
  process.stdout.write(
    `deploy.test.ts: ${deployed().length} processes ended by SIGTERM, ${seen.get('good')} requests, ${await placed()} orders, none failed; slowest end and start: ${slowest.join(' ')} ms\n`,
  );
}, 1_200_000);
