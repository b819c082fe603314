import type { Money } from '@millrace/catalog/events/money.ts';

export const states = [
  'requested',
  'charging',
  'captured',
  'declined',
  'failed',
  'parked',
  'refunding',
  'refunded',
  'void',
] as const;
export type State = (typeof states)[number];

/** The legal moves. `parked` is a capture of another amount than was asked for; `void` never held money and never will. */
export const moves: Readonly<Record<State, readonly State[]>> = {
  // A total of 0 is captured at once, without the provider.
  requested: ['charging', 'captured', 'void'],
  charging: ['captured', 'declined', 'failed', 'parked', 'void'],
  captured: ['refunding'],
  parked: ['refunding'],
  refunding: ['refunded'],
  declined: ['void'],
  failed: ['void'],
  refunded: [],
  void: [],
};

/** One attempt to have an order paid. */
export interface Payment {
  id: string;
  attemptId: string;
  orderId: string;
  userId: string;
  /** What stands for the card at the provider; null where the attempt itself is not known. */
  token: string | null;
  amountMinor: number;
  currency: string;
  state: State;
  capturedMinor: number;
  capturedCurrency: string | null;
  refundedMinor: number;
  isRefundWanted: boolean;
  /** The number of events that were published of it. */
  version: number;
  /** Calls of the provider that began for what is due now. */
  tries: number;
  /** When the provider is to be called; null when there is nothing to do. */
  dueAt: Date | null;
  attentionReason: string | null;
  attentionSince: Date | null;
  correlationId: string;
  traceparent: string;
  createdAt: Date;
  updatedAt: Date;
}

/** What somebody learned about an attempt: from the provider's answer, its callback, or our own order service. */
export type Finding =
  | { outcome: 'charged'; amount: Money }
  | { outcome: 'declined' }
  /** The provider took nothing and promised never to. */
  | { outcome: 'blocked' }
  | { outcome: 'refunded'; amount: Money }
  | { outcome: 'refund-wanted' };

/** What is published of a move; each makes the next version. */
export type Announcement = { version: number } & (
  | { type: 'PaymentProcessed'; total: Money }
  | { type: 'PaymentFailed'; reason: 'declined' | 'provider-error' }
  | { type: 'PaymentRefunded'; total: Money }
);

/**
 * What a finding does. `known` changes nothing: it was learned before. `contradiction` is what cannot be by the table of moves;
 * a person must look at it, and no money is moved by it.
 */
export type Decision =
  | { outcome: 'moved'; payment: Payment; announcements: Announcement[] }
  | { outcome: 'known' }
  | { outcome: 'contradiction'; reason: string };

/** A payment on its way through several moves of one decision. */
interface Course {
  payment: Payment;
  announcements: Announcement[];
  now: Date;
}

const currencies: readonly Money['currency'][] = ['USD', 'EUR', 'GBP', 'CHF', 'JPY'];

/** Money of our own rows. @throws Error when a row holds a currency that no contract knows. */
export function moneyOf(amountMinor: number, currency: string): Money {
  const known = currencies.find((each) => each === currency);
  if (known === undefined) throw new Error('A payment holds a currency that is not in the catalog.');
  return { amountMinor, currency: known };
}

/** What was captured; in the asked currency where nothing was. */
export const capturedOf = (payment: Payment): Money =>
  moneyOf(payment.capturedMinor, payment.capturedCurrency ?? payment.currency);

/** Applies what was learned to what is known. The same finding twice is `known` the second time. */
export function decide(payment: Payment, finding: Finding, now: Date): Decision {
  const course: Course = { payment: { ...payment }, announcements: [], now };
  switch (finding.outcome) {
    case 'charged':
      return decideCharged(course, finding.amount);
    case 'declined':
      return decideUncharged(course, 'declined');
    case 'blocked':
      return decideUncharged(course, 'failed');
    case 'refunded':
      return decideRefunded(course, finding.amount);
    case 'refund-wanted':
      return decideRefundWanted(course);
  }
}

/** A new attempt, to be charged. */
export function openPayment(
  facts: Pick<Payment, 'id' | 'attemptId' | 'orderId' | 'userId' | 'token' | 'correlationId' | 'traceparent'>,
  total: Money,
  now: Date,
): Payment {
  return {
    ...facts,
    amountMinor: total.amountMinor,
    currency: total.currency,
    state: 'requested',
    capturedMinor: 0,
    capturedCurrency: null,
    refundedMinor: 0,
    isRefundWanted: false,
    version: 0,
    tries: 0,
    dueAt: now,
    attentionReason: null,
    attentionSince: null,
    createdAt: now,
    updatedAt: now,
  };
}

function decideCharged(course: Course, amount: Money): Decision {
  const { payment } = course;
  // Nothing to pay: the provider is not asked.
  const isFree = payment.state === 'requested' && payment.amountMinor === 0;
  if (payment.state !== 'charging' && !isFree) {
    const captured = capturedOf(payment);
    const isHeld = ['captured', 'parked', 'refunding', 'refunded'].includes(payment.state);
    return isHeld && isSame(captured, amount)
      ? { outcome: 'known' }
      : { outcome: 'contradiction', reason: 'unexpected-charge' };
  }
  if (isSame({ amountMinor: payment.amountMinor, currency: payment.currency }, amount)) capture(course, amount);
  else {
    move(course, 'parked', { ...captureOf(amount), dueAt: null, tries: 0 });
    Object.assign(payment, { attentionReason: 'amount-differs', attentionSince: course.now });
  }
  if (payment.isRefundWanted) giveBack(course);
  return moved(course);
}

function decideUncharged(course: Course, to: 'declined' | 'failed'): Decision {
  const { payment } = course;
  if (payment.state === to || payment.state === 'void') return { outcome: 'known' };
  if (payment.state !== 'charging') return { outcome: 'contradiction', reason: `unexpected-${to}` };
  const isVoid = to === 'failed' && payment.isRefundWanted;
  if (!isVoid) {
    move(course, to, { dueAt: null, tries: 0 });
    announce(course, { type: 'PaymentFailed', reason: to === 'declined' ? 'declined' : 'provider-error' });
  }
  if (payment.isRefundWanted) makeVoid(course);
  return moved(course);
}

function decideRefunded(course: Course, amount: Money): Decision {
  const { payment } = course;
  if (payment.state === 'refunded' && isSame(amount, capturedOf(payment))) return { outcome: 'known' };
  if (payment.state !== 'refunding') return { outcome: 'contradiction', reason: 'unexpected-refund' };
  if (!isSame(amount, capturedOf(payment))) return { outcome: 'contradiction', reason: 'refund-differs' };
  finishRefund(course);
  return moved(course);
}

function decideRefundWanted(course: Course): Decision {
  const { payment } = course;
  if (payment.isRefundWanted) return { outcome: 'known' };
  payment.isRefundWanted = true;
  if (payment.state === 'requested' || payment.state === 'declined' || payment.state === 'failed') makeVoid(course);
  else if (payment.state === 'captured' || payment.state === 'parked') giveBack(course);
  // While it is charged nobody knows whether there is anything to give back: whoever learns that goes on.
  else if (payment.state !== 'charging') return { outcome: 'contradiction', reason: 'unexpected-refund-request' };
  return moved(course);
}

function capture(course: Course, amount: Money): void {
  move(course, 'captured', { ...captureOf(amount), dueAt: null, tries: 0 });
  announce(course, { type: 'PaymentProcessed', total: amount });
}

function giveBack(course: Course): void {
  move(course, 'refunding', { dueAt: course.now, tries: 0 });
  if (course.payment.capturedMinor === 0) finishRefund(course);
}

function finishRefund(course: Course): void {
  const total = capturedOf(course.payment);
  const settled = { dueAt: null, tries: 0, attentionReason: null, attentionSince: null };
  move(course, 'refunded', { ...settled, refundedMinor: total.amountMinor });
  announce(course, { type: 'PaymentRefunded', total });
}

function makeVoid(course: Course): void {
  const { payment } = course;
  move(course, 'void', { dueAt: null, tries: 0, attentionReason: null, attentionSince: null });
  announce(course, { type: 'PaymentRefunded', total: moneyOf(0, payment.currency) });
}

function move(course: Course, to: State, change: Partial<Payment>): void {
  const { payment } = course;
  if (!moves[payment.state].includes(to)) throw new Error(`A payment cannot go from ${payment.state} to ${to}.`);
  const isSettled = payment.attentionReason === 'charge-overdue';
  const cleared = isSettled ? { attentionReason: null, attentionSince: null } : {};
  Object.assign(payment, cleared, change, { state: to });
}

type Said = Announcement extends infer Each ? (Each extends Announcement ? Omit<Each, 'version'> : never) : never;

function announce(course: Course, said: Said): void {
  course.payment.version += 1;
  course.announcements.push({ ...said, version: course.payment.version });
}

function moved(course: Course): Decision {
  course.payment.updatedAt = course.now;
  return { outcome: 'moved', payment: course.payment, announcements: course.announcements };
}

const captureOf = (amount: Money) => ({ capturedMinor: amount.amountMinor, capturedCurrency: amount.currency });

const isSame = (one: { amountMinor: number; currency: string }, other: Money): boolean =>
  one.amountMinor === other.amountMinor && one.currency === other.currency;
