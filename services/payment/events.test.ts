import { randomUUID } from 'node:crypto';
import { PaymentRequested, RefundRequested } from '@millrace/catalog/events/order.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentService } from './testing/payments.ts';
import {
  bob,
  openPayments,
  refundOf,
  request,
  requestPayment,
  requestRefund,
  saidOf,
  stateOf,
} from './testing/payments.ts';

let service: PaymentService;
beforeAll(async () => {
  service = await openPayments();
});
afterAll(async () => {
  await service.close();
});

const stale = async (consumer: string): Promise<number> => {
  const figures = await service.own.metrics.registry.metrics();
  return Number(new RegExp(`consumer_stale_total\\{consumer="${consumer}"\\} (\\d+)`).exec(figures)?.[1] ?? 0);
};
const rows = async (attemptId: string): Promise<number> =>
  (await service.sql`select 1 from payment where attempt_id = ${attemptId}`).length;

describe('PaymentRequested', () => {
  test('the first one notes the attempt, and no more', async () => {
    const data = await requestPayment(service);
    const [row] = await service.sql`
      select order_id, user_id, token, amount_minor::int as amount, currency, state, version, tries, due_at is not null as is_due
      from payment where attempt_id = ${data.attemptId}`;
    expect(row).toEqual({
      order_id: data.orderId,
      user_id: data.userId,
      token: 'tok_ok',
      amount: 5_000,
      currency: 'EUR',
      state: 'requested',
      version: 0,
      tries: 0,
      is_due: true,
    });
    expect(await saidOf(service, data.attemptId)).toEqual([]);
  });

  test('the same event again, and the same attempt in another event, change nothing', async () => {
    const data = request();
    const event = { id: randomUUID(), aggregateId: data.orderId, aggregateVersion: 3, data };
    await service.deliver(PaymentRequested, event);
    await service.deliver(PaymentRequested, event);
    const before = await stale('PaymentRequested');
    await service.deliver(PaymentRequested, { ...event, id: randomUUID() });
    expect([await rows(data.attemptId), await stale('PaymentRequested')]).toEqual([1, before + 1]);
  });

  test('twice at once, as one event and as two, makes one attempt', async () => {
    const data = request({ total: { amountMinor: 0, currency: 'CHF' } });
    const event = { id: randomUUID(), aggregateId: data.orderId, aggregateVersion: 3, data };
    await Promise.all([
      service.deliver(PaymentRequested, event),
      service.deliver(PaymentRequested, event),
      service.deliver(PaymentRequested, { ...event, id: randomUUID() }),
    ]);
    expect([await rows(data.attemptId), await saidOf(service, data.attemptId)]).toEqual([1, ['PaymentProcessed 0']]);
    expect(await service.dead('PaymentRequested')).toEqual([]);
  });

  test.each([
    ['another order', { orderId: randomUUID() }],
    ['another amount', { total: { amountMinor: 1, currency: 'EUR' as const } }],
    ['another currency', { total: { amountMinor: 5_000, currency: 'USD' as const } }],
    ['another token', { paymentToken: 'tok_declined' }],
  ])('B61 the attempt of a known id for %s goes to the dead letters and changes nothing', async (_, other) => {
    const data = await requestPayment(service);
    const before = (await service.dead('PaymentRequested')).length;
    await requestPayment(service, { ...data, ...other });
    const dead = await service.dead('PaymentRequested');
    expect(dead.slice(before).map(({ reason }) => reason)).toEqual(['attempt-differs']);
    expect(await rows(data.attemptId)).toBe(1);
  });

  test.each([
    ['no JSON', 'not JSON', 'bad-envelope'],
    [
      'a float amount',
      JSON.stringify({ 'detail-type': 'PaymentRequested', source: 'millrace.order', detail: {} }),
      'bad-event',
    ],
  ])('a poison message (%s) goes to the dead letters', async (_, body, code) => {
    await service.deliverRaw(body, 'PaymentRequested');
    expect((await service.dead('PaymentRequested')).at(-1)?.reason).toContain(code);
  });
});

describe('RefundRequested', () => {
  test('before the attempt was charged: it is void, answered with 0, and never charged', async () => {
    const data = await requestPayment(service);
    await requestRefund(service, data);
    expect([await stateOf(service.sql, data.attemptId), await saidOf(service, data.attemptId)]).toEqual([
      'void',
      ['PaymentRefunded 0'],
    ]);
  });

  test('before PaymentRequested: answered with 0; the attempt that comes later charges and publishes nothing', async () => {
    const data = request();
    await requestRefund(service, data);
    expect(await saidOf(service, data.attemptId)).toEqual(['PaymentRefunded 0']);
    const before = await stale('PaymentRequested');
    await requestPayment(service, data);
    const [row] = await service.sql`select state, due_at, version from payment where attempt_id = ${data.attemptId}`;
    expect(row).toEqual({ state: 'void', due_at: null, version: 1 });
    expect([await saidOf(service, data.attemptId), await stale('PaymentRequested')]).toEqual([
      ['PaymentRefunded 0'],
      before + 1,
    ]);
  });

  test('both at once, whichever is first: one attempt, one answer', async () => {
    const asked = Array.from({ length: 20 }, () => request());
    await Promise.all(asked.flatMap((data) => [requestPayment(service, data), requestRefund(service, data)]));
    for (const { attemptId } of asked) {
      expect([await stateOf(service.sql, attemptId), await saidOf(service, attemptId)]).toEqual([
        'void',
        ['PaymentRefunded 0'],
      ]);
    }
  });

  test('again, and twice at once: exactly one PaymentRefunded', async () => {
    const data = await requestPayment(service);
    const event = { id: randomUUID(), aggregateId: data.orderId, aggregateVersion: 4, data: refundOf(data) };
    await service.deliver(RefundRequested, event);
    await Promise.all([
      service.deliver(RefundRequested, event),
      service.deliver(RefundRequested, { ...event, id: randomUUID() }),
      service.deliver(RefundRequested, { ...event, id: randomUUID(), aggregateVersion: 9 }),
    ]);
    expect(await saidOf(service, data.attemptId)).toEqual(['PaymentRefunded 0']);
  });

  test('of an attempt of another order goes to the dead letters', async () => {
    const data = await requestPayment(service);
    await requestRefund(service, { ...data, orderId: randomUUID(), userId: bob });
    expect((await service.dead('RefundRequested')).at(-1)?.reason).toBe('attempt-differs');
    expect(await stateOf(service.sql, data.attemptId)).toBe('requested');
  });
});

test('events carry the correlation of whoever asked, and versions from 1', async () => {
  const data = await requestPayment(service);
  await requestRefund(service, data);
  const [event] = (await service.committed('PaymentRefunded')).filter(
    ({ data: said }) => said['attemptId'] === data.attemptId,
  );
  const [row] = await service.sql`
    select outbox.correlation_id = payment.correlation_id as is_same, outbox.traceparent like '00-%' as is_traced
    from outbox join payment on payment.id::text = aggregate_id where outbox.id = ${event?.id ?? ''}`;
  expect([event?.aggregateVersion, row]).toEqual([1, { is_same: true, is_traced: true }]);
});
