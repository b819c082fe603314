import { randomUUID } from 'node:crypto';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeDue } from './charger.ts';
import type { PaymentService } from './testing/payments.ts';
import {
  deadlineMs,
  openPayments,
  request,
  requestPayment,
  requestRefund,
  saidOf,
  signedCallback,
  stateOf,
  told,
} from './testing/payments.ts';

let service: PaymentService;
beforeAll(async () => {
  service = await openPayments();
});
afterAll(async () => {
  await service.close();
});

type Callback = ReturnType<typeof signedCallback>;
const post = (callback: Callback) =>
  Promise.resolve(service.app.request('/api/payments/webhook', callback)).then(outcome);
/** An attempt that the provider may have heard of. */
async function charging() {
  const asked = await requestPayment(service);
  await takeDue({ own: service.own, provider: service.provider, deadlineMs, concurrency: 16 }, 100);
  return asked;
}
const taken = { status: 200, body: undefined };
const counted = async (outcomeName: string): Promise<number> => {
  const figures = await service.own.metrics.registry.metrics();
  return Number(new RegExp(`payment_webhooks_total\\{outcome="${outcomeName}"\\} (\\d+)`).exec(figures)?.[1] ?? 0);
};
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

describe('B40 the webhook', () => {
  test('B40 a good signature settles the attempt', async () => {
    const asked = await charging();
    expect(await post(signedCallback(told('charge.succeeded', asked)))).toEqual(taken);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000']);
    await requestRefund(service, asked);
    expect(await post(signedCallback(told('refund.succeeded', asked)))).toEqual(taken);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000', 'PaymentRefunded 5000']);
  });

  test('B40 charge.failed ends the attempt as declined', async () => {
    const asked = await charging();
    expect(await post(signedCallback(told('charge.failed', asked)))).toEqual(taken);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentFailed declined']);
  });

  test('B40 a replayed id is taken and does nothing, also when it says something else', async () => {
    const asked = await charging();
    const body = told('charge.failed', asked);
    expect(await post(signedCallback(body))).toEqual(taken);
    const before = await counted('repeated');
    expect(await post(signedCallback(body))).toEqual(taken);
    expect(await post(signedCallback({ ...body, type: 'charge.succeeded' }))).toEqual(taken);
    expect(await counted('repeated')).toBe(before + 2);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentFailed declined']);
  });

  test('B40 each body that is one byte off is refused and does nothing', async () => {
    const asked = await charging();
    const good = signedCallback(told('charge.succeeded', asked));
    const changed = Array.from(good.body, (byte, place) => {
      const body = Uint8Array.from(good.body);
      body[place] = byte ^ (1 << (place % 8));
      return { ...good, body };
    });
    changed.push({ ...good, body: good.body.slice(0, -1) });
    changed.push({ ...good, body: Uint8Array.from([...good.body, 10]) });
    changed.push({ ...good, body: Uint8Array.from([0xef, 0xbb, 0xbf, ...good.body]) });
    for (const callback of changed) expect(await post(callback)).toEqual({ status: 401, slug: 'bad-signature' });
    expect(await stateOf(service.sql, asked.attemptId)).toBe('charging');
  });

  test.each([
    ['another key', { key: 'another webhook key of more than thirty-two characters' }, 'bad-signature'],
    ['a time six minutes ago', { secondsAhead: -360 }, 'old-signature'],
    ['a time in six minutes', { secondsAhead: 360 }, 'old-signature'],
  ])('B40 %s is refused', async (_, { key, secondsAhead = 0 }: { key?: string; secondsAhead?: number }, slug) => {
    const asked = await charging();
    const options = { ...(key && { key }), seconds: nowSeconds() + secondsAhead };
    expect(await post(signedCallback(told('charge.succeeded', asked), options))).toEqual({ status: 401, slug });
    expect(await stateOf(service.sql, asked.attemptId)).toBe('charging');
  });

  test('B40 without a signature it is refused', async () => {
    const { headers, ...rest } = signedCallback(told('charge.succeeded', await charging()));
    const { 'millrace-signature': _, ...others } = headers;
    expect(await post({ ...rest, headers: others })).toEqual({ status: 401, slug: 'bad-signature' });
  });
});

describe('a signed callback', () => {
  test.each([randomUUID(), 'charge-7'])(
    'of a key that is not ours (%s) is taken, and nothing is made of it',
    async (key) => {
      const before = await counted('unknown-attempt');
      const body = told('charge.succeeded', request({ attemptId: randomUUID() }), { idempotencyKey: key });
      expect(await post(signedCallback(body))).toEqual(taken);
      expect(await counted('unknown-attempt')).toBe(before + 1);
    },
  );

  test('with members that we do not know is taken', async () => {
    const asked = await charging();
    expect(await post(signedCallback(told('charge.succeeded', asked, { network: 'visa' })))).toEqual(taken);
    expect(await stateOf(service.sql, asked.attemptId)).toBe('captured');
  });

  test('that contradicts what is known moves no money, and a person is called', async () => {
    const asked = await charging();
    await post(signedCallback(told('charge.failed', asked)));
    expect(await post(signedCallback(told('charge.succeeded', asked)))).toEqual(taken);
    const [row] = await service.sql`select state, attention_reason from payment where attempt_id = ${asked.attemptId}`;
    expect(row).toEqual({ state: 'declined', attention_reason: 'unexpected-charge' });
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentFailed declined']);
  });

  test.each([
    ['no JSON', 'not JSON', 400, 'malformed-json'],
    ['nothing', '', 400, 'body-required'],
    ['a key twice', '{"id":"1","id":"2"}', 400, 'duplicate-key'],
    ['no id', JSON.stringify({ ...told('charge.succeeded', request()), id: undefined }), 422, 'required'],
    ['a float', JSON.stringify(told('charge.succeeded', request(), { amountMinor: 1.5 })), 422, 'integer'],
    [
      'another currency',
      JSON.stringify(told('charge.succeeded', request(), { currency: 'XXX' })),
      422,
      'invalid-value',
    ],
    [
      'another type',
      JSON.stringify({ ...told('charge.succeeded', request()), type: 'charge.lost' }),
      422,
      'invalid-value',
    ],
  ])('with %s is refused', async (_, body, status, slug) => {
    expect(await post(signedCallback(body))).toEqual({ status, slug });
  });

  test('that is too large, or not JSON by its type, is refused before anything is read', async () => {
    const callback = signedCallback(told('charge.succeeded', request()));
    const headers = { ...callback.headers, 'content-type': 'text/plain' };
    expect(await post({ ...callback, headers })).toEqual({ status: 415, slug: 'unsupported-media-type' });
    expect(await post(signedCallback('x'.repeat(16_385)))).toEqual({ status: 413, slug: 'too-large' });
  });
});

test('the OpenAPI document describes the callback', async () => {
  const response = await service.app.request('/api/payment/openapi.json');
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, object>> };
  expect(paths['/api/payments/webhook']?.['post']).toMatchObject({
    parameters: [{ name: 'Millrace-Signature', in: 'header', required: true }],
    requestBody: {
      content: { 'application/json': { schema: { required: expect.arrayContaining(['idempotencyKey']) } } },
    },
  });
});
