import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finding, Payment, State } from './payment.ts';
import { decide, moves, openPayment, states } from './payment.ts';

const now = new Date('2026-01-01T00:00:00Z');
const asked = { amountMinor: 5_000, currency: 'EUR' } as const;
const ids = {
  id: 'p',
  attemptId: 'a',
  orderId: 'o',
  userId: 'u',
  token: 'tok_ok',
  correlationId: 'c',
  traceparent: 't',
};
const fresh = openPayment(ids, asked, now);
const charging: Payment = { ...fresh, state: 'charging' };

function applyAll(payment: Payment, findings: readonly Finding[]): { payment: Payment; said: string[]; path: State[] } {
  let current = payment;
  const said: string[] = [];
  const path: State[] = [payment.state];
  for (const finding of findings) {
    const decision = decide(current, finding, now);
    if (decision.outcome !== 'moved') continue;
    current = decision.payment;
    path.push(current.state);
    said.push(...decision.announcements.map(({ type, version }) => `${type}@${version}`));
  }
  return { payment: current, said, path };
}

test('a charge of the asked amount is captured and announced', () => {
  const decision = decide(charging, { outcome: 'charged', amount: asked }, now);
  expect(decision).toEqual({
    outcome: 'moved',
    payment: { ...charging, state: 'captured', capturedMinor: 5_000, capturedCurrency: 'EUR', version: 1, dueAt: null },
    announcements: [{ type: 'PaymentProcessed', total: asked, version: 1 }],
  });
});

test.each([
  ['more', { amountMinor: 5_001, currency: 'EUR' }],
  ['less', { amountMinor: 1, currency: 'EUR' }],
  ['another currency', { amountMinor: 5_000, currency: 'USD' }],
] as const)('a charge of %s is parked, announced as nothing, and all of it goes back', (_, amount) => {
  const { payment, said } = applyAll(charging, [{ outcome: 'charged', amount }]);
  expect([payment.state, payment.attentionReason, said]).toEqual(['parked', 'amount-differs', []]);
  const back = applyAll(payment, [{ outcome: 'refund-wanted' }, { outcome: 'refunded', amount }]);
  expect(back.payment).toMatchObject({ state: 'refunded', refundedMinor: amount.amountMinor, attentionReason: null });
  expect(back.said).toEqual(['PaymentRefunded@1']);
});

test('a refund that is asked for while it is charged waits for the outcome', () => {
  const { said, path } = applyAll(charging, [
    { outcome: 'refund-wanted' },
    { outcome: 'charged', amount: asked },
    { outcome: 'refunded', amount: asked },
  ]);
  expect(path).toEqual(['charging', 'charging', 'refunding', 'refunded']);
  expect(said).toEqual(['PaymentProcessed@1', 'PaymentRefunded@2']);
  expect(applyAll(charging, [{ outcome: 'refund-wanted' }, { outcome: 'declined' }]).said).toEqual([
    'PaymentFailed@1',
    'PaymentRefunded@2',
  ]);
  expect(applyAll(charging, [{ outcome: 'refund-wanted' }, { outcome: 'blocked' }]).said).toEqual([
    'PaymentRefunded@1',
  ]);
});

test('a refund of another amount than was taken finishes nothing', () => {
  const refunding = applyAll(charging, [{ outcome: 'charged', amount: asked }, { outcome: 'refund-wanted' }]).payment;
  const half = decide(refunding, { outcome: 'refunded', amount: { ...asked, amountMinor: 2_500 } }, now);
  expect(half).toEqual({ outcome: 'contradiction', reason: 'refund-differs' });
});

test.each([
  ['requested', 'unexpected-charge'],
  ['declined', 'unexpected-charge'],
  ['failed', 'unexpected-charge'],
  ['void', 'unexpected-charge'],
] as const)('a charge of an attempt that is %s is a contradiction', (state, reason) => {
  const decision = decide({ ...charging, state }, { outcome: 'charged', amount: asked }, now);
  expect(decision).toEqual({ outcome: 'contradiction', reason });
});

test('the table names every state, and each is reached from requested', () => {
  expect(Object.keys(moves).sort()).toEqual([...states].sort());
  const reached = new Set<State>(['requested']);
  for (const state of reached) for (const next of moves[state]) reached.add(next);
  expect([...reached].sort()).toEqual([...states].sort());
});

const amounts = fc.constantFrom(asked, { amountMinor: 1, currency: 'EUR' } as const);
const findings: fc.Arbitrary<Finding> = fc.oneof(
  amounts.map((amount) => ({ outcome: 'charged', amount }) as const),
  amounts.map((amount) => ({ outcome: 'refunded', amount }) as const),
  fc.constantFrom<Finding>({ outcome: 'declined' }, { outcome: 'blocked' }, { outcome: 'refund-wanted' }),
);

test('whatever is learned in whatever order: legal moves, versions without a gap, at most one event of each kind', () => {
  fc.assert(
    fc.property(fc.constantFrom(fresh, charging), fc.array(findings, { maxLength: 12 }), (start, learned) => {
      const { payment, said } = applyAll(start, learned);
      const types = said.map((one) => one.split('@')[0]);
      expect(new Set(types).size).toBe(types.length);
      expect(types.includes('PaymentProcessed') && types.includes('PaymentFailed')).toBe(false);
      const versions = said.map((one) => Number(one.split('@')[1]));
      expect(versions).toEqual(versions.map((_, place) => place + 1));
      expect(types.includes('PaymentRefunded')).toBe(payment.state === 'refunded' || payment.state === 'void');
      expect(payment.refundedMinor).toBe(payment.state === 'refunded' ? payment.capturedMinor : 0);
      for (const finding of learned) {
        const again = applyAll(payment, [finding, finding]);
        expect(applyAll(again.payment, [finding]).said).toEqual([]);
      }
    }),
    { numRuns: 2_000 },
  );
});
