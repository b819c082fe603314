import { join } from 'node:path';
import { inParallel } from '@millrace/runtime/in-parallel.ts';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import type { TestSecrets } from '@millrace/runtime/testing/test-secrets.ts';
import { openTestSecrets } from '@millrace/runtime/testing/test-secrets.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

const atOnce = 20;
const forgeries = 1_000;
const list = '/api/products?limit=1';
const badCursor = { status: 400, slug: 'bad-cursor' };
/** A process waits a second for a key, and refuses meanwhile what is signed with it. */
const patiently = { timeout: 30_000 };

let shop: Shop;
let secrets: TestSecrets;
let old: string;

beforeAll(async () => {
  shop = await openShop({ hasConsumers: false });
  for (const name of ['one', 'two', 'three']) await shop.add({ name });
});
beforeEach(async () => {
  secrets = await openTestSecrets({ SIGNING_KEY: 'the first key of more than thirty-two characters' });
  old = await start();
  return async () => {
    killServiceProcesses();
    await secrets.close();
  };
});
afterAll(() => shop.close());

/** Starts an API, which reads the keys as they are now; gives its address. */
async function start(): Promise<string> {
  const api = startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    MILLRACE_WORKLOAD: 'api',
    DATABASE_URL: shop.own.config.DATABASE_URL,
    PRODUCTS_BUCKET: 'dev-millrace-products',
    ...secrets.variables,
  });
  return readyUrl(api);
}

const rotate = (): void => secrets.rotate('SIGNING_KEY', 'the second key of more than thirty-two characters');
const go = async (base: string, cursor: string) => outcome(await fetch(`${base}${list}&cursor=${cursor}`));
async function cursorOf(base: string): Promise<string> {
  const { nextCursor } = (await (await fetch(base + list)).json()) as { nextCursor: string };
  return nextCursor;
}

test('a cursor of either side of a rotation is good on the other', async () => {
  const before = await cursorOf(old);
  rotate();
  const fresh = await start();
  const after = await cursorOf(fresh);
  expect(after).not.toBe(before);
  const second = { status: 200, body: { items: [{ name: 'two' }] } };
  for (const base of [fresh, old]) {
    for (const cursor of [before, after]) await expect.poll(() => go(base, cursor), patiently).toMatchObject(second);
  }
  // The old process learned the new key from the new one's cursor, and signs with it from now on.
  expect(await cursorOf(old)).toBe(after);
  expect(secrets.asked('SIGNING_KEY')).toBe(3);
}, 180_000);

test('a thousand forged cursors ask Secrets Manager once more, and a cursor of ours stays good', async () => {
  const ours = await cursorOf(old);
  const startedMs = performance.now();
  const forged = Array.from({ length: forgeries }, (_, place) => Buffer.from(`a forged cursor, number ${place}`));
  await inParallel(forged, atOnce, async (bytes) => {
    expect(await go(old, bytes.toString('base64url'))).toEqual(badCursor);
  });
  // Once a minute, and this is over sooner but on a machine that has too much to do.
  const minutes = Math.floor((performance.now() - startedMs) / 60_000);
  expect(secrets.asked('SIGNING_KEY')).toBeGreaterThanOrEqual(2);
  expect(secrets.asked('SIGNING_KEY')).toBeLessThanOrEqual(2 + minutes);
  expect(await go(old, ours)).toMatchObject({ status: 200 });
}, 180_000);

test('while Secrets Manager does not answer, a cursor that nobody knows is refused, and soon', async () => {
  rotate();
  const after = await cursorOf(await start());
  secrets.behave('waits');
  const late = AbortSignal.timeout(30_000);
  expect(await outcome(await fetch(`${old}${list}&cursor=${after}`, { signal: late }))).toEqual(badCursor);
}, 180_000);
