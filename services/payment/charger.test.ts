import { as } from '@millrace/runtime/testing/callers.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChargerParts } from './charger.ts';
import { advance, attentionTries, startCharger, takeDue } from './charger.ts';
import type { PaymentProvider } from './provider.ts';
import { ProviderFault } from './provider.ts';
import { orderFault } from './simulated-store.ts';
import type { PaymentService } from './testing/payments.ts';
import {
  heldOf,
  openPayments,
  requestPayment,
  requestRefund,
  saidOf,
  signedCallback,
  stateOf,
  told,
} from './testing/payments.ts';
import { keepUp } from './upkeep.ts';

/** Longer than an answer of the company takes: only one that it keeps to itself is late. */
const deadlineMs = 2_000;
let service: PaymentService;
let offsetMs = 0;
const chargers: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  service = await openPayments({ clock: { now: () => new Date(Date.now() + offsetMs) } });
});
afterEach(async () => {
  await Promise.all(chargers.splice(0).map((charger) => charger.close()));
  await service.sql`truncate provider.fault`;
  offsetMs = 0;
});
afterAll(async () => {
  await service.close();
});

const parts = (provider: PaymentProvider = service.provider): ChargerParts => ({
  own: service.own,
  provider,
  deadlineMs,
  concurrency: 16,
});
function start(provider?: PaymentProvider): void {
  chargers.push(startCharger(parts(provider)));
}
const waitForState = (attemptId: string, state: string): Promise<boolean> =>
  waitFor(async () => (await stateOf(service.sql, attemptId)) === state, 30_000);
const post = (body: Parameters<typeof service.app.request>[1]): Promise<Response> =>
  Promise.resolve(service.app.request('/api/payments/webhook', body));

/** The company, and how often each of its doors was knocked at. */
function counted(provider: PaymentProvider): PaymentProvider & { calls: string[] } {
  const calls: string[] = [];
  const note = <Input extends unknown[], Answer>(name: string, work: (...input: Input) => Promise<Answer>) => {
    return (...input: Input): Promise<Answer> => {
      calls.push(name);
      return work(...input);
    };
  };
  return {
    calls,
    charge: note('charge', provider.charge),
    refund: note('refund', provider.refund),
    find: note('find', provider.find),
    block: note('block', provider.block),
    close: provider.close,
  };
}

describe('each token', () => {
  test.each([
    ['tok_ok', 'captured', ['PaymentProcessed 5000'], 5_000, ['charge']],
    ['tok_declined', 'declined', ['PaymentFailed declined'], 0, ['charge']],
    ['tok_somebody', 'declined', ['PaymentFailed declined'], 0, ['charge']],
    ['tok_timeout_after_charge', 'captured', ['PaymentProcessed 5000'], 5_000, ['charge', 'find']],
    ['tok_error_once', 'captured', ['PaymentProcessed 5000'], 5_000, ['charge', 'find', 'find', 'charge']],
    [
      'tok_error_always',
      'failed',
      ['PaymentFailed provider-error'],
      0,
      ['charge', ...Array.from({ length: 4 }, () => ['find', 'find', 'charge']).flat(), 'find', 'find', 'block'],
    ],
  ])(
    '%s ends %s, and before each repeated call the provider is asked',
    async (paymentToken, state, said, captured, calls) => {
      const provider = counted(service.provider);
      start(provider);
      const { attemptId } = await requestPayment(service, { paymentToken });
      await waitForState(attemptId, state);
      expect(await saidOf(service, attemptId)).toEqual(said);
      expect(await heldOf(service.sql, attemptId)).toEqual({ charges: captured > 0 ? 1 : 0, captured, refunded: 0 });
      expect(provider.calls).toEqual(calls);
    },
  );

  test('after tok_error_always was given up, a late charge of it is impossible', async () => {
    start();
    const asked = await requestPayment(service, { paymentToken: 'tok_error_always' });
    await waitForState(asked.attemptId, 'failed');
    const { attemptId: key, orderId, total: amount } = asked;
    const late = service.provider.charge({ key, token: 'tok_ok', orderId, amount }, AbortSignal.timeout(30_000));
    expect(await late).toEqual({ outcome: 'blocked' });
    expect(await heldOf(service.sql, key)).toEqual({ charges: 0, captured: 0, refunded: 0 });
  });

  test('a total of 0 is settled without the provider, and its refund too', async () => {
    const provider = counted(service.provider);
    start(provider);
    const asked = await requestPayment(service, { total: { amountMinor: 0, currency: 'EUR' } });
    await requestRefund(service, asked);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 0', 'PaymentRefunded 0']);
    expect([await stateOf(service.sql, asked.attemptId), provider.calls]).toEqual(['refunded', []]);
  });
});

describe('F35 payment provider faults', () => {
  test('F35 timeout after charge: the money is found by the key, and charged once', async () => {
    start();
    const { attemptId } = await requestPayment(service, { paymentToken: 'tok_timeout_after_charge' });
    await waitForState(attemptId, 'captured');
    expect(await heldOf(service.sql, attemptId)).toEqual({ charges: 1, captured: 5_000, refunded: 0 });
  });

  test('F35 500: charge, and then query too, fail for a while', async () => {
    await orderFault(service.sql, { operation: 'find', kind: 'error', until: new Date(Date.now() + 700) });
    await orderFault(service.sql, { operation: 'charge', kind: 'error', until: new Date(Date.now() + 400) });
    start();
    const { attemptId } = await requestPayment(service);
    await waitForState(attemptId, 'captured');
    expect(await saidOf(service, attemptId)).toEqual(['PaymentProcessed 5000']);
    expect(await heldOf(service.sql, attemptId)).toEqual({ charges: 1, captured: 5_000, refunded: 0 });
  });

  test('F35 callback before reply, and duplicate callbacks at once: settled exactly once', async () => {
    const asked = await requestPayment(service, { paymentToken: 'tok_timeout_after_charge' });
    const [payment] = await takeDue(parts(), 1);
    if (!payment) throw new Error('nothing was due');
    const reply = advance(parts(), payment);
    await waitFor(async () => (await heldOf(service.sql, asked.attemptId)).charges === 1);
    const body = told('charge.succeeded', asked);
    const answers = await Promise.all(
      [body, body, body, told('charge.succeeded', asked)].map((one) => post(signedCallback(one))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000']);
    await reply;
    await post(signedCallback(body));
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000']);
    expect(await stateOf(service.sql, asked.attemptId)).toBe('captured');
  });

  test.each(['reply', 'callback'])(
    'F35 wrong amount in the %s: parked with an alarm, never processed, and all of it goes back',
    async (by) => {
      await orderFault(service.sql, { operation: 'charge', kind: 'wrong-amount' });
      const asked = await requestPayment(service);
      if (by === 'reply') start();
      else {
        const { attemptId: key, orderId, total: amount } = asked;
        const [payment] = await takeDue(parts(), 1);
        expect(payment?.attemptId).toBe(key);
        await service.provider.charge({ key, token: 'tok_ok', orderId, amount }, AbortSignal.timeout(30_000));
        await post(signedCallback(told('charge.succeeded', asked, { amountMinor: 5_001 })));
      }
      await waitForState(asked.attemptId, 'parked');
      expect(await saidOf(service, asked.attemptId)).toEqual([]);
      await keepUp(service.own);
      const figures = await service.own.metrics.registry.metrics();
      expect(figures).toMatch(/^payment_alarms_total\{reason="amount-differs"\} [1-9]/m);
      expect(figures).toMatch(/^payment_attention\{reason="amount-differs"\} 1$/m);
      if (by === 'callback') start();
      await requestRefund(service, asked);
      await waitForState(asked.attemptId, 'refunded');
      expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentRefunded 5001']);
      expect(await heldOf(service.sql, asked.attemptId)).toEqual({ charges: 1, captured: 5_001, refunded: 5_001 });
      await keepUp(service.own);
      expect(await service.own.metrics.registry.metrics()).not.toContain('payment_attention{');
    },
  );
});

test('a call that fails after a callback has settled its attempt calls no person', async () => {
  const asked = await requestPayment(service);
  const [payment] = await takeDue(parts(), 1);
  if (!payment) throw new Error('nothing was due');
  await service.sql`update payment set tries = ${attentionTries} where attempt_id = ${asked.attemptId}`;
  const find = async (): Promise<never> => {
    await post(signedCallback(told('charge.succeeded', asked)));
    throw new ProviderFault('unavailable', 'The provider answered 500.');
  };
  await advance(parts({ ...service.provider, find }), { ...payment, tries: attentionTries });
  expect(await stateOf(service.sql, asked.attemptId)).toBe('captured');
  expect(await service.sql`select 1 from payment where attention_since is not null`).toHaveLength(0);
});

describe('F36 compensation fails', () => {
  test('F36 refund 500 for 10 minutes: retried until it is done, and meanwhile in the list for operators', async () => {
    const step = async (): Promise<void> => {
      const due = await takeDue(parts(), 16);
      expect(due).toHaveLength(1);
      await Promise.all(due.map((payment) => advance(parts(), payment)));
    };
    const attention = async (): Promise<object[]> => {
      const response = await service.app.request('/api/payments/attention', { headers: as('op', 'payments:operate') });
      return ((await response.json()) as { items: object[] }).items;
    };
    const asked = await requestPayment(service);
    await step();
    await orderFault(service.sql, { operation: 'refund', kind: 'error', until: new Date(Date.now() + 600_000) });
    await requestRefund(service, asked);
    await step();
    expect(await attention()).toEqual([]);
    // Its longest pause is 15 s: in each of these steps it is due again.
    for (let tries = 2; tries <= 36; tries += 1) {
      offsetMs += 16_000;
      await step();
    }
    const { attemptId, orderId } = asked;
    const overdue = { reason: 'refund-overdue', tries: 36, state: 'refunding', attemptId, orderId };
    expect(await attention()).toEqual([expect.objectContaining(overdue)]);
    expect(await saidOf(service, attemptId)).toEqual(['PaymentProcessed 5000']);
    offsetMs += 60_000;
    await step();
    expect(await stateOf(service.sql, attemptId)).toBe('refunded');
    expect(await saidOf(service, attemptId)).toEqual(['PaymentProcessed 5000', 'PaymentRefunded 5000']);
    expect(await heldOf(service.sql, attemptId)).toEqual({ charges: 1, captured: 5_000, refunded: 5_000 });
    expect(await attention()).toEqual([]);
  });

  test('F36 the reply to a refund is lost: it is found, and given back once', async () => {
    const provider = counted(service.provider);
    start(provider);
    const asked = await requestPayment(service);
    await waitForState(asked.attemptId, 'captured');
    await orderFault(service.sql, { operation: 'refund', kind: 'lost-answer' });
    await requestRefund(service, asked);
    await waitForState(asked.attemptId, 'refunded');
    expect(provider.calls).toEqual(['charge', 'refund', 'find']);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000', 'PaymentRefunded 5000']);
  });
});

describe('a refund that is asked for while the attempt is charged', () => {
  test.each([
    ['tok_ok', 'refunded', ['PaymentProcessed 5000', 'PaymentRefunded 5000']],
    ['tok_timeout_after_charge', 'refunded', ['PaymentProcessed 5000', 'PaymentRefunded 5000']],
    ['tok_declined', 'void', ['PaymentFailed declined', 'PaymentRefunded 0']],
    ['tok_error_once', 'void', ['PaymentRefunded 0']],
    ['tok_error_always', 'void', ['PaymentRefunded 0']],
  ])('waits for the outcome of %s', async (paymentToken, state, said) => {
    const asked = await requestPayment(service, { paymentToken });
    const [payment] = await takeDue(parts(), 1);
    if (!payment) throw new Error('nothing was due');
    await requestRefund(service, asked);
    expect(await saidOf(service, asked.attemptId)).toEqual([]);
    await advance(parts(), payment);
    start();
    await waitForState(asked.attemptId, state);
    expect(await saidOf(service, asked.attemptId)).toEqual(said);
    const { captured, refunded } = await heldOf(service.sql, asked.attemptId);
    expect(captured - refunded).toBe(0);
  });
});

test('two workers at once: no attempt is charged or decided twice', async () => {
  const providers = [counted(service.provider), counted(service.provider)];
  for (const provider of providers) start(provider);
  const asked = await Promise.all(Array.from({ length: 60 }, () => requestPayment(service)));
  await Promise.all(asked.map(({ attemptId }) => waitForState(attemptId, 'captured')));
  expect(providers.flatMap(({ calls }) => calls)).toHaveLength(60);
  const processed = await service.committed('PaymentProcessed');
  const ids = new Set(asked.map(({ attemptId }) => attemptId));
  expect(processed.filter(({ data }) => ids.has(data['attemptId'] as string))).toHaveLength(60);
});

test('a charger has no more payments in hand than it may', async () => {
  let most = 0;
  let inHand = 0;
  const full = Promise.withResolvers<void>();
  const provider: PaymentProvider = {
    ...service.provider,
    charge: async (request, signal) => {
      inHand += 1;
      most = Math.max(most, inHand);
      // None goes on before as many are in hand as may be.
      if (inHand === 3) full.resolve();
      await full.promise;
      return service.provider.charge(request, signal).finally(() => (inHand -= 1));
    },
  };
  const asked = await Promise.all(Array.from({ length: 20 }, () => requestPayment(service)));
  chargers.push(startCharger({ ...parts(provider), deadlineMs: 30_000, concurrency: 3 }));
  await Promise.all(asked.map(({ attemptId }) => waitForState(attemptId, 'captured')));
  expect(most).toBe(3);
});
