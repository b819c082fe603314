import { join } from 'node:path';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import type { TestSecrets } from '@millrace/runtime/testing/test-secrets.ts';
import { openTestSecrets } from '@millrace/runtime/testing/test-secrets.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PaymentService } from './testing/payments.ts';
import { openPayments, request, signedCallback, signingKey, told, webhookKey } from './testing/payments.ts';

const newKey = 'the new webhook key of more than thirty-two characters';
const foreignKey = 'a foreign webhook key of more than thirty-two characters';
const taken = { status: 200, body: undefined };
const refused = { status: 401, slug: 'bad-signature' };
/** A process waits a second for a key, and refuses meanwhile what is signed with it. */
const patiently = { timeout: 30_000 };

let service: PaymentService;
let secrets: TestSecrets;
let old: string;

beforeAll(async () => {
  service = await openPayments();
});
beforeEach(async () => {
  secrets = await openTestSecrets({ SIGNING_KEY: signingKey, WEBHOOK_KEY: webhookKey });
  old = await start();
  return async () => {
    killServiceProcesses();
    await secrets.close();
  };
});
afterAll(() => service.close());

/** Starts an API, which reads the keys as they are now; gives its address. */
async function start(): Promise<string> {
  const api = startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    MILLRACE_WORKLOAD: 'api',
    DATABASE_URL: service.own.config.DATABASE_URL,
    ...secrets.variables,
  });
  return readyUrl(api);
}

const post = async (base: string, key: string) =>
  outcome(await fetch(`${base}/api/payments/webhook`, signedCallback(told('charge.succeeded', request()), { key })));

test('a callback signed with either key of a rotation is taken by processes of either side', async () => {
  expect(await post(old, webhookKey)).toEqual(taken);
  secrets.rotate('WEBHOOK_KEY', newKey);
  const fresh = await start();
  for (const base of [fresh, old]) {
    for (const key of [newKey, webhookKey]) await expect.poll(() => post(base, key), patiently).toEqual(taken);
  }
  // Each process asked at its start, and the old one once more.
  expect(secrets.asked('WEBHOOK_KEY')).toBe(3);
  expect(secrets.asked('SIGNING_KEY')).toBe(2);
}, 180_000);

test('a callback of a foreign key is refused, and a hundred of them ask Secrets Manager once more', async () => {
  const startedMs = performance.now();
  for (let time = 0; time < 100; time += 1) expect(await post(old, foreignKey)).toEqual(refused);
  // Once a minute, and this is over sooner but on a machine that has too much to do.
  const minutes = Math.floor((performance.now() - startedMs) / 60_000);
  expect(secrets.asked('WEBHOOK_KEY')).toBeGreaterThanOrEqual(2);
  expect(secrets.asked('WEBHOOK_KEY')).toBeLessThanOrEqual(2 + minutes);
  expect(await post(old, webhookKey)).toEqual(taken);
}, 180_000);
