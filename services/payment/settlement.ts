import { PaymentFailed, PaymentProcessed, PaymentRefunded } from '@millrace/catalog/events/payment.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import type { NewEvent } from '@millrace/runtime/outbox.ts';
import { appendEvents, makeEvent } from '@millrace/runtime/outbox.ts';
import { continueTrace, runWithTrace } from '@millrace/runtime/telemetry.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Announcement, Decision, Finding, Payment } from './payment.ts';
import { decide, moves } from './payment.ts';
import { paymentMetrics } from './payment-metrics.ts';
import { lockAttempt, raiseAttention, ringDue, updatePayment } from './payment-store.ts';

/** What settling needs of a workload. */
export type Settling = Pick<Workload, 'clock' | 'random' | 'log' | 'metrics'>;

/** What became of a finding. `report` counts and logs it: after the commit where that is at hand. */
export interface Settled {
  outcome: Decision['outcome'] | 'unknown-attempt';
  payment?: Payment;
  report(): void;
}

/**
 * Applies what was learned about an attempt, whoever learned it: state and events in the caller's transaction. Two that learn it
 * at once wait for each other, and the second finds it known.
 */
export async function settle(
  tx: Transaction,
  settling: Settling,
  learned: { attemptId: string; finding: Finding },
): Promise<Settled> {
  const payment = await lockAttempt(tx, learned.attemptId);
  if (!payment) return { outcome: 'unknown-attempt', report: () => undefined };
  const now = settling.clock.now();
  const decision = decide(payment, learned.finding, now);
  if (decision.outcome === 'known') return { outcome: 'known', payment, report: () => undefined };
  if (decision.outcome === 'contradiction') {
    const { reason } = decision;
    const isNew = await raiseAttention(tx, payment, { reason, now });
    return { outcome: 'contradiction', payment, report: () => isNew && alarm(settling, payment, reason) };
  }
  const isWritten = await updatePayment(tx, decision.payment, payment);
  if (!isWritten) throw new Error('A payment changed although it was locked.');
  await appendEvents(tx, eventsOf(settling, decision.payment, decision.announcements));
  if (decision.payment.dueAt !== null && decision.payment.state === 'refunding') await ringDue(tx);
  return {
    outcome: 'moved',
    payment: decision.payment,
    report: () => reportMove(settling, { from: payment, to: decision.payment }),
  };
}

class Changed extends Error {}

/**
 * The same for whoever has just read the payment: it decides by what it read, and state and events go in one round trip. When
 * somebody else changed the payment meanwhile it looks again, under a lock.
 */
export async function settleRead(
  db: PostgresJsDatabase,
  settling: Settling,
  learned: { payment: Payment; finding: Finding },
): Promise<Settled> {
  const { payment, finding } = learned;
  const decision = decide(payment, finding, settling.clock.now());
  const isSimple = decision.outcome === 'moved' && decision.payment.state !== 'refunding';
  const lookAgain = (): Promise<Settled> =>
    db.transaction((tx) => settle(tx, settling, { attemptId: payment.attemptId, finding }));
  if (!isSimple) return lookAgain();
  const events = eventsOf(settling, decision.payment, decision.announcements);
  try {
    await db.transaction(async (tx) => {
      const [isUnchanged] = await Promise.all([updatePayment(tx, decision.payment, payment), appendEvents(tx, events)]);
      if (!isUnchanged) throw new Changed();
    });
  } catch (error) {
    if (error instanceof Changed) return lookAgain();
    throw error;
  }
  return {
    outcome: 'moved',
    payment: decision.payment,
    report: () => reportMove(settling, { from: payment, to: decision.payment }),
  };
}

/** The events of a payment's moves, in the trace of whoever asked for the payment. */
export function eventsOf(
  ports: Pick<Settling, 'clock' | 'random'>,
  payment: Payment,
  announcements: readonly Announcement[],
): NewEvent[] {
  const { id: paymentId, orderId, attemptId, correlationId } = payment;
  const reference = { orderId, paymentId, attemptId };
  const make = (said: Announcement): NewEvent => {
    const facts = { aggregateId: paymentId, aggregateVersion: said.version, correlationId };
    switch (said.type) {
      case 'PaymentProcessed':
        return makeEvent(PaymentProcessed, { ...facts, data: { ...reference, total: said.total } }, ports);
      case 'PaymentFailed':
        return makeEvent(PaymentFailed, { ...facts, data: { ...reference, reason: said.reason } }, ports);
      case 'PaymentRefunded':
        return makeEvent(PaymentRefunded, { ...facts, data: { ...reference, total: said.total } }, ports);
    }
  };
  return runWithTrace(continueTrace(payment.traceparent), () => announcements.map(make));
}

/** Tells the people who watch that a payment needs one of them. */
export function alarm(settling: Pick<Settling, 'log' | 'metrics'>, payment: Payment, reason: string): void {
  const { id, attemptId, orderId, state, tries } = payment;
  paymentMetrics(settling.metrics).alarms.inc({ reason });
  settling.log.error({ payment: id, attemptId, orderId, state, tries, reason }, 'a payment needs a person');
}

function reportMove(settling: Settling, { from, to }: { from: Payment; to: Payment }): void {
  const isSettled = to.state !== from.state && (to.dueAt === null || moves[to.state].length === 0);
  if (isSettled) paymentMetrics(settling.metrics).outcomes.inc({ outcome: to.state });
  // Also on the way to a refund that was asked for already: the wrong amount is an alarm all the same.
  const isRaised = to.attentionSince !== null && to.attentionReason !== from.attentionReason;
  if (isRaised) alarm(settling, to, to.attentionReason ?? 'unknown');
}
