import { money } from '@millrace/catalog/events/money.ts';
import { z } from 'zod';
import type { Payment, State } from './payment.ts';
import { capturedOf, moneyOf } from './payment.ts';

/** What people see of our states. */
const shownStates = ['pending', 'captured', 'declined', 'failed', 'refunding', 'refunded', 'parked'] as const;
const shown: Readonly<Record<State, (typeof shownStates)[number]>> = {
  requested: 'pending',
  charging: 'pending',
  captured: 'captured',
  declined: 'declined',
  failed: 'failed',
  parked: 'parked',
  refunding: 'refunding',
  refunded: 'refunded',
  // Nothing was taken, so that all of it went back.
  void: 'refunded',
};

const instant = z.iso.datetime();

/** A payment as its owner sees it. */
export const paymentView = z.object({
  id: z.uuid(),
  orderId: z.uuid(),
  state: z.enum(shownStates),
  total: money,
  captured: money,
  refunded: money,
  version: z.int(),
  createdAt: instant,
  updatedAt: instant,
});

/** A payment as whoever looks after payments sees it. */
export const attentionView = paymentView.extend({
  attemptId: z.uuid(),
  reason: z.string(),
  since: instant,
  tries: z.int(),
});

export function viewOf(payment: Payment): z.output<typeof paymentView> {
  const captured = capturedOf(payment);
  return {
    id: payment.id,
    orderId: payment.orderId,
    state: shown[payment.state],
    total: moneyOf(payment.amountMinor, payment.currency),
    captured,
    refunded: { ...captured, amountMinor: payment.refundedMinor },
    version: payment.version,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
  };
}

export function attentionOf(payment: Payment): z.output<typeof attentionView> {
  return {
    ...viewOf(payment),
    attemptId: payment.attemptId,
    reason: payment.attentionReason ?? '',
    since: (payment.attentionSince ?? payment.updatedAt).toISOString(),
    tries: payment.tries,
  };
}
