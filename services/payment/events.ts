import type { PaymentRequested, RefundRequested } from '@millrace/catalog/events/order.ts';
import type { Outcome } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import { appendEvents } from '@millrace/runtime/outbox.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import { continueTrace, formatTraceparent } from '@millrace/runtime/telemetry.ts';
import type { Announcement, Finding, Payment } from './payment.ts';
import { decide, openPayment } from './payment.ts';
import { addPayments, listAttempts, lockAttempt, ringDue } from './payment-store.ts';
import type { Settling } from './settlement.ts';
import { eventsOf, settle } from './settlement.ts';

type Requested = EventEnvelope<typeof PaymentRequested>;
type RefundAsked = EventEnvelope<typeof RefundRequested>;
type Dead = { eventId: string; reason: string };

/** What order asks of us. Both only note the work: the provider is called by the charger, outside any transaction. */
export function reactions(own: Settling): Readonly<Record<string, Reaction>> {
  return {
    PaymentRequested: { handle: (tx, events: Requested[]) => noteRequests(tx, own, events) },
    RefundRequested: { handle: (tx, events: RefundAsked[]) => noteRefunds(tx, own, events) },
  };
}

async function noteRequests(tx: Transaction, own: Settling, events: Requested[]): Promise<Outcome> {
  const opened = events.map((event) => ({ event, ...open(own, event) }));
  // In one order everywhere, so that two batches with the same attempts do not deadlock.
  opened.sort((one, other) => (one.payment.attemptId < other.payment.attemptId ? -1 : 1));
  const added = await addPayments(
    tx,
    opened.map(({ payment }) => payment),
  );
  const fresh = opened.filter(({ payment }) => added.has(payment.id));
  const newEvents = fresh.flatMap(({ payment, announcements }) => eventsOf(own, payment, announcements));
  await Promise.all([appendEvents(tx, newEvents), ...(added.size > 0 ? [ringDue(tx)] : [])]);
  const known = opened.filter(({ payment }) => !added.has(payment.id));
  if (known.length === 0) return applied;
  return compareKnown(
    tx,
    own,
    known.map(({ event }) => event),
  );
}

/** To be charged; a total of 0 is settled at once, without the provider. */
function open(own: Settling, event: Requested): { payment: Payment; announcements: Announcement[] } {
  const { total, paymentToken: token } = event.data;
  const now = own.clock.now();
  const payment = openPayment({ ...factsOf(own, event), token }, total, now);
  if (total.amountMinor > 0) return { payment, announcements: [] };
  return mustMove(payment, { outcome: 'charged', amount: total }, now);
}

/** Asked twice for one attempt, or asked for it after its refund: nothing to do. Asked for something else under its id: refused. */
async function compareKnown(tx: Transaction, own: Settling, events: Requested[]): Promise<Outcome> {
  const attempts = await listAttempts(
    tx,
    events.map(({ data }) => data.attemptId),
  );
  const byId = new Map(attempts.map((payment) => [payment.attemptId, payment]));
  const dead = events.filter(({ data }) => {
    const payment = byId.get(data.attemptId);
    return !payment || payment.orderId !== data.orderId || (payment.token !== null && isOther(payment, data));
  });
  const stale = events.length - dead.length;
  messagingMetrics(own.metrics).stale.inc({ consumer: 'PaymentRequested' }, stale);
  return dead.length > 0 ? refuse(dead) : applied;
}

const isOther = (payment: Payment, data: Requested['data']): boolean =>
  payment.token !== data.paymentToken ||
  payment.amountMinor !== data.total.amountMinor ||
  payment.currency !== data.total.currency;

async function noteRefunds(tx: Transaction, own: Settling, events: RefundAsked[]): Promise<Outcome> {
  const dead: RefundAsked[] = [];
  for (const event of events.toSorted((one, other) => (one.data.attemptId < other.data.attemptId ? -1 : 1))) {
    if (!(await noteRefund(tx, own, event))) dead.push(event);
  }
  return dead.length > 0 ? refuse(dead) : applied;
}

/** @returns false for an attempt that belongs to another order. */
async function noteRefund(tx: Transaction, own: Settling, event: RefundAsked): Promise<boolean> {
  const { attemptId, orderId } = event.data;
  const known = await lockAttempt(tx, attemptId);
  if (!known && (await addVoid(tx, own, event))) return true;
  const payment = known ?? (await lockAttempt(tx, attemptId));
  if (payment?.orderId !== orderId) return false;
  const settled = await settle(tx, own, { attemptId, finding: { outcome: 'refund-wanted' } });
  if (settled.outcome === 'known') messagingMetrics(own.metrics).stale.inc({ consumer: 'RefundRequested' });
  settled.report();
  return true;
}

/** The attempt never came, or comes later: then it finds that it is void. @returns whether it is still unknown. */
async function addVoid(tx: Transaction, own: Settling, event: RefundAsked): Promise<boolean> {
  const now = own.clock.now();
  const opened = openPayment({ ...factsOf(own, event), token: null }, event.data.total, now);
  const { payment, announcements } = mustMove(opened, { outcome: 'refund-wanted' }, now);
  const added = await addPayments(tx, [payment]);
  if (added.size === 0) return false;
  await appendEvents(tx, eventsOf(own, payment, announcements));
  return true;
}

function mustMove(payment: Payment, finding: Finding, now: Date) {
  const decision = decide(payment, finding, now);
  if (decision.outcome !== 'moved') throw new Error(`A new payment cannot be ${finding.outcome}.`);
  return decision;
}

function factsOf(own: Settling, event: Requested | RefundAsked) {
  const { attemptId, orderId, userId } = event.data;
  const traceparent = formatTraceparent(continueTrace(event.traceparent));
  return { id: own.random.uuid(), attemptId, orderId, userId, correlationId: event.correlationId, traceparent };
}

function refuse(events: readonly { id: string }[]): Outcome {
  const dead: Dead[] = events.map(({ id }) => ({ eventId: id, reason: 'attempt-differs' }));
  return { outcome: 'partly', dead };
}
