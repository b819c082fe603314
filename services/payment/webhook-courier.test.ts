import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keyring } from '@millrace/runtime/keyring.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { advance, startCharger, takeDue } from './charger.ts';
import type { PaymentProvider } from './provider.ts';
import { orderFault } from './simulated-store.ts';
import type { PaymentService } from './testing/payments.ts';
import { openPayments, requestPayment, requestRefund, saidOf, webhookKey } from './testing/payments.ts';
import { checkWebhook } from './webhook.ts';
import type { Courier } from './webhook-courier.ts';
import { startCourier } from './webhook-courier.ts';

interface Received {
  body: string;
  verdict: string;
  status: number;
}

const knownKeys = keyring({ current: webhookKey });
let service: PaymentService;
let url: string;
let received: Received[] = [];
/** What the address answers before the service does; nothing lets it pass. */
let refusals: number[] = [];
const loops: { close(): Promise<void> }[] = [];

// The service's door on a real socket, as the company sees it.
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const body = Buffer.concat(chunks);
    const signature = String(request.headers['millrace-signature']);
    const refusal = refusals.shift();
    const headers = { 'content-type': 'application/json', 'millrace-signature': signature };
    const answer = refusal
      ? { status: refusal }
      : await service.app.request('/api/payments/webhook', { method: 'POST', body: Uint8Array.from(body), headers });
    const verdict = await checkWebhook(knownKeys, { signature, body }, new Date());
    received.push({ body: body.toString(), verdict, status: answer.status });
    response.writeHead(answer.status).end();
  });
});

beforeAll(async () => {
  service = await openPayments({ hasWebhooks: true });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
  refusals = [];
});
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.close()));
  await service.sql`truncate provider.fault, provider.webhook`;
});
afterAll(async () => {
  server.close();
  await service.close();
});

function start(keys = knownKeys): Courier {
  const { clock, random, log } = service.own;
  const courier = startCourier({ sql: service.company.sql, url, keys, clock, random, log });
  loops.push(courier);
  return courier;
}
const parts = () => ({ own: service.own, provider: service.provider, deadlineMs: 10_000, concurrency: 16 });
async function callProvider(): Promise<void> {
  await Promise.all((await takeDue(parts(), 16)).map((payment) => advance(parts(), payment)));
}
const waiting = async (): Promise<number> => (await service.sql`select 1 from provider.webhook`).length;
const kinds = (): string[] => received.map(({ body }) => (JSON.parse(body) as { type: string }).type);

test('what the company did is told, signed, and taken', async () => {
  start();
  const asked = await requestPayment(service);
  await requestPayment(service, { paymentToken: 'tok_declined' });
  await callProvider();
  await requestRefund(service, asked);
  await callProvider();
  await waitFor(() => received.length === 3, 30_000);
  expect(kinds().sort()).toEqual(['charge.failed', 'charge.succeeded', 'refund.succeeded']);
  expect(received.map(({ verdict, status }) => [verdict, status])).toEqual(Array(3).fill(['good', 200]));
  await waitFor(async () => (await waiting()) === 0);
  expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000', 'PaymentRefunded 5000']);
});

test('F35 the callback settles an attempt whose reply never comes, before its deadline', async () => {
  start();
  const asked = await requestPayment(service, { paymentToken: 'tok_timeout_after_charge' });
  const [payment] = await takeDue(parts(), 1);
  if (!payment) throw new Error('nothing was due');
  let isReplied = false;
  // The test alone says when the company's silence ends.
  const silence = new AbortController();
  const provider: PaymentProvider = {
    ...service.provider,
    charge: (request) => service.provider.charge(request, silence.signal),
  };
  const reply = advance({ ...parts(), provider, deadlineMs: 60_000 }, payment).then(() => (isReplied = true));
  await waitFor(async () => (await saidOf(service, asked.attemptId)).length === 1, 30_000);
  expect(isReplied).toBe(false);
  silence.abort();
  await reply;
  expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000']);
});

test('a callback that is refused comes again until it is taken', async () => {
  refusals = [500, 503, 404];
  start();
  await requestPayment(service);
  await callProvider();
  await waitFor(() => received.length === 4, 30_000);
  expect(received.map(({ status }) => status)).toEqual([500, 503, 404, 200]);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  await waitFor(async () => (await waiting()) === 0);
});

test('a courier whose key is no longer good reads it again, and the callback is taken', async () => {
  const former = 'a webhook key of two rotations ago, long enough';
  start(keyring({ current: former }, { read: async () => webhookKey, clock: service.own.clock, log: service.own.log }));
  await requestPayment(service);
  await callProvider();
  await waitFor(() => received.length === 2, 30_000);
  expect(received.map(({ verdict, status }) => [verdict, status])).toEqual([
    ['bad-signature', 401],
    ['good', 200],
  ]);
});

test('F35 duplicate callbacks from two couriers settle each attempt once', async () => {
  await orderFault(service.company.sql, { operation: 'webhook', kind: 'duplicate' });
  start();
  start();
  const charger = startCharger(parts());
  loops.push(charger);
  const asked = await Promise.all(Array.from({ length: 20 }, () => requestPayment(service)));
  await waitFor(async () => received.length >= 40 && (await waiting()) === 0, 30_000);
  expect(received).toHaveLength(40);
  for (const { attemptId } of asked) expect(await saidOf(service, attemptId)).toEqual(['PaymentProcessed 5000']);
});

test('the example of README.md works as it stands there', async () => {
  const page = await readFile(join(import.meta.dirname, 'README.md'), 'utf8');
  const [, example = ''] = /```sh\n([^`]+)```/.exec(page) ?? [];
  const env = { PATH: process.env['PATH'], URL: url };
  const { stdout } = await promisify(execFile)('sh', ['-c', example], { env, timeout: 45_000 });
  expect(stdout).toMatch(/^HTTP\/1.1 200 /);
  expect(received.map(({ verdict }) => verdict)).toEqual(['good']);
});
