import { randomUUID } from 'node:crypto';
import { PaymentRequested, RefundRequested } from '@millrace/catalog/events/order.ts';
import type { Handle } from '@millrace/runtime/consumer-batch.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChargerParts } from './charger.ts';
import { advance, takeDue } from './charger.ts';
import { reactions } from './events.ts';
import type { PaymentProvider } from './provider.ts';
import { ProviderFault } from './provider.ts';
import type { PaymentService } from './testing/payments.ts';
import { heldOf, openPayments, refundOf, request, saidOf, signedCallback, stateOf, told } from './testing/payments.ts';

let service: PaymentService;
let offsetMs = 0;
beforeAll(async () => {
  service = await openPayments({ clock: { now: () => new Date(Date.now() + offsetMs) } });
});
afterAll(async () => {
  await service.close();
});

/** Holds each call of the company before and after its work, until the schedule lets one of them go on, or loses its answer. */
function gatedProvider(company: PaymentProvider) {
  const waiting: ((isLost: boolean) => void)[] = [];
  let isOpen = false;
  const gate = (): Promise<void> =>
    isOpen
      ? Promise.resolve()
      : new Promise((resolve, reject) => {
          waiting.push((isLost) => (isLost ? reject(new ProviderFault('unavailable', 'lost')) : resolve()));
        });
  // The schedule says when an answer is lost. The company's own silence after a charge ends soon, and nothing else does.
  const patienceMs = (input: unknown): number =>
    (input as { token?: string }).token === 'tok_timeout_after_charge' ? 100 : 15_000;
  const held =
    <Input, Answer>(work: (input: Input, signal: AbortSignal) => Promise<Answer>) =>
    async (input: Input): Promise<Answer> => {
      await gate();
      const answer = await work(input, AbortSignal.timeout(patienceMs(input)));
      await gate();
      return answer;
    };
  const provider: PaymentProvider = {
    charge: held(company.charge),
    refund: held(company.refund),
    find: held(company.find),
    block: held(company.block),
    close: async () => undefined,
  };
  const go = (which: number, isLost: boolean): void =>
    waiting.splice(which % Math.max(waiting.length, 1), 1)[0]?.(isLost);
  const open = (yes: boolean): void => {
    isOpen = yes;
  };
  const wakeAll = (): void => {
    for (const pass of waiting.splice(0)) pass(false);
  };
  return { provider, go, open, wakeAll };
}

type Step =
  | { do: 'request' | 'refund' | 'callback'; attempt: number }
  | { do: 'work'; count: number }
  | { do: 'go'; which: number; isLost: boolean }
  | { do: 'later'; ms: number }
  | { do: 'settle' };

const attempts = 3;
const attempt = fc.nat({ max: attempts - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('request' as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refund' as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('callback' as const), attempt }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('work' as const), count: fc.integer({ min: 1, max: 2 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('go' as const), which: fc.nat({ max: 9 }), isLost: fc.boolean() }),
  },
  // Past the loan of a worker that still waits: it becomes a zombie, and another takes the attempt over.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('later' as const), ms: fc.constantFrom(500, 5_000, 120_000) }) },
  // Other workers bring everything to its end while the zombies sleep, and more is asked after it.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);
const token = fc.constantFrom(
  'tok_ok',
  'tok_declined',
  'tok_timeout_after_charge',
  'tok_error_once',
  'tok_error_always',
);

interface Told {
  requested: Set<string>;
  refunded: Set<string>;
}

/** Plays a schedule, and then lets everything come to its end. */
async function play(asked: readonly ReturnType<typeof request>[], steps: readonly Step[]): Promise<Told> {
  const gated = gatedProvider(service.provider);
  const parts: ChargerParts = { own: service.own, provider: gated.provider, deadlineMs: 20_000, concurrency: 16 };
  const done: Told = { requested: new Set(), refunded: new Set() };
  const lanes: Promise<void>[] = [];
  const work = async (count: number): Promise<{ begun: Promise<void>[] }> => {
    const begun = (await takeDue(parts, count)).map((payment) => advance(parts, payment));
    lanes.push(...begun);
    return { begun };
  };
  const finish = async (): Promise<void> => {
    for (let round = 0; round < 40; round += 1) {
      offsetMs += 120_000;
      const { begun } = await work(16);
      await Promise.all(begun);
      if (begun.length === 0) return;
    }
  };
  const settle = async (): Promise<void> => {
    gated.open(true);
    await finish();
    gated.open(false);
  };
  for (const one of steps) {
    if (one.do === 'settle') await settle();
    else if (one.do === 'work') await work(one.count);
    else if (one.do === 'go') {
      gated.go(one.which, one.isLost);
      // The lane that goes on runs beside the next steps; a look at the database gives it a start.
      await service.sql`select 1`;
    } else if (one.do === 'later') offsetMs += one.ms;
    else await tell(asked[one.attempt] ?? request(), one.do, done);
  }
  await settle();
  gated.open(true);
  gated.wakeAll();
  await Promise.all(lanes);
  await finish();
  return done;
}

async function tell(
  data: ReturnType<typeof request>,
  what: 'request' | 'refund' | 'callback',
  done: Told,
): Promise<void> {
  const { attemptId, orderId } = data;
  if (what === 'callback') {
    const { captured } = await heldOf(service.sql, attemptId);
    if (captured === 0) return;
    const seconds = Math.floor((Date.now() + offsetMs) / 1_000);
    const body = signedCallback(told('charge.succeeded', data), { seconds });
    expect((await service.app.request('/api/payments/webhook', body)).status).toBe(200);
    return;
  }
  const contract = what === 'request' ? PaymentRequested : RefundRequested;
  const handle = reactions(service.own)[contract.name]?.handle as Handle<typeof contract>;
  const facts = {
    id: randomUUID(),
    aggregateId: orderId,
    aggregateVersion: 1,
    correlationId: 'c',
    traceparent: undefined,
  };
  const event = { ...facts, data: what === 'request' ? data : refundOf(data), occurredAt: new Date() };
  const outcome = await service.own.database.db.transaction((tx) => handle(tx, [event as never]));
  expect(outcome).toEqual({ outcome: 'applied' });
  (what === 'request' ? done.requested : done.refunded).add(attemptId);
}

/** Schedules that come to every end that there is, so that no run depends on luck for one. */
const everyEnd: [[string, string, string], Step[]][] = [
  [
    ['tok_ok', 'tok_declined', 'tok_error_always'],
    [{ do: 'request', attempt: 0 }, { do: 'request', attempt: 1 }, { do: 'request', attempt: 2 }, { do: 'settle' }],
  ],
  [
    ['tok_ok', 'tok_declined', 'tok_ok'],
    [
      { do: 'request', attempt: 0 },
      { do: 'request', attempt: 1 },
      { do: 'settle' },
      { do: 'refund', attempt: 0 },
      { do: 'refund', attempt: 1 },
      { do: 'refund', attempt: 2 },
    ],
  ],
];

test('I1 whatever the order of events, calls, lost answers, callbacks and zombies: money is kept once or not at all', async () => {
  const seen = new Set<string>();
  const schedule = fc.tuple(fc.tuple(token, token, token), fc.array(step, { minLength: 15, maxLength: 60 }));
  await fc.assert(
    fc.asyncProperty(schedule, async ([tokens, steps]) => {
      const asked = tokens.map((paymentToken) => request({ paymentToken }));
      const done = await play(asked, steps);
      for (const { attemptId } of asked) {
        const said = await saidOf(service, attemptId);
        const { charges, captured, refunded } = await heldOf(service.sql, attemptId);
        const state = await stateOf(service.sql, attemptId);
        const isRefunded = done.refunded.has(attemptId);
        seen.add(`${state} ${said.join()}`);
        // Kept exactly when it was announced and nobody asked for it back.
        const isKept = said.join() === 'PaymentProcessed 5000' && !isRefunded;
        expect([captured - refunded, charges <= 1]).toEqual([isKept ? 5_000 : 0, true]);
        expect(said.filter((one) => one.startsWith('PaymentRefunded'))).toEqual(
          isRefunded ? [`PaymentRefunded ${refunded}`] : [],
        );
        expect(said.filter((one) => !one.startsWith('PaymentRefunded')).length).toBeLessThanOrEqual(1);
        if (done.requested.has(attemptId) && !isRefunded) expect(said).toHaveLength(1);
        expect(state === undefined || ['captured', 'declined', 'failed', 'refunded', 'void'].includes(state)).toBe(
          true,
        );
      }
      await service.sql`truncate payment, outbox, provider.charge, provider.refund, provider.refused_call`;
    }),
    { numRuns: 70, endOnFailure: true, examples: everyEnd.map((one) => [one]) },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'captured PaymentProcessed 5000',
      'declined PaymentFailed declined',
      'failed PaymentFailed provider-error',
      'refunded PaymentProcessed 5000,PaymentRefunded 5000',
      'void PaymentFailed declined,PaymentRefunded 0',
      'void PaymentRefunded 0',
    ]),
  );
}, 240_000);
