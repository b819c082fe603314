import type { OrderConfig } from './config.ts';

/** Where an order can be. `withdrawing` is not seen from outside: the money is asked back, then the order is cancelled. */
export const orderStates = [
  'pending',
  'reserved',
  'paid',
  'confirmed',
  'shipped',
  'delivered',
  'withdrawing',
  'rejected',
  'cancelled',
] as const;
export type OrderState = (typeof orderStates)[number];

/** Where a move begins: a state, or nothing yet. */
export type Origin = 'new' | OrderState;

/** What can happen to an order. */
export const triggers = [
  'place',
  'stock-reserved',
  'stock-rejected',
  'payment-processed',
  'payment-failed',
  'payment-refunded',
  'cancel',
  'time-passed',
] as const;
export type Trigger = (typeof triggers)[number];

/** The events of this service: each belongs to moves of the table. */
export type SagaEvent =
  | 'OrderPlaced'
  | 'PaymentRequested'
  | 'RefundRequested'
  | 'OrderConfirmed'
  | 'OrderRejected'
  | 'OrderCancelled'
  | 'OrderShipped'
  | 'OrderDelivered';

/** Why an order ends before its time, for whoever reads it or the events. */
export type Reason =
  | 'out-of-stock'
  | 'payment-declined'
  | 'deadline'
  | 'cancelled-by-customer'
  | 'payment-deadline'
  | 'stock-expired';

export interface Move {
  to: OrderState;
  /** Published with the move; nothing where it says nothing to others. */
  event: SagaEvent | null;
  /** Where the end begins: what is told as its reason from here on. */
  reason?: Reason;
}

/** How every order begins. */
export const firstMove = { to: 'pending', event: 'OrderPlaced' } as const satisfies Move;

/** The legal moves. Whatever is not here is refused, by this code and by the database (`legal_move`). */
export const legalMoves: Readonly<Record<Origin, Readonly<Partial<Record<Trigger, Move>>>>> = {
  new: { place: firstMove },
  pending: {
    'stock-reserved': { to: 'reserved', event: 'PaymentRequested' },
    'stock-rejected': { to: 'rejected', event: 'OrderRejected', reason: 'out-of-stock' },
    cancel: { to: 'cancelled', event: 'OrderCancelled', reason: 'cancelled-by-customer' },
    'time-passed': { to: 'rejected', event: 'OrderRejected', reason: 'deadline' },
  },
  reserved: {
    'payment-processed': { to: 'paid', event: null },
    'payment-failed': { to: 'rejected', event: 'OrderRejected', reason: 'payment-declined' },
    // From here on money may have been taken: only a refund ends the order.
    'stock-rejected': { to: 'withdrawing', event: 'RefundRequested', reason: 'stock-expired' },
    cancel: { to: 'withdrawing', event: 'RefundRequested', reason: 'cancelled-by-customer' },
    'time-passed': { to: 'withdrawing', event: 'RefundRequested', reason: 'payment-deadline' },
  },
  paid: {
    'time-passed': { to: 'confirmed', event: 'OrderConfirmed' },
  },
  confirmed: {
    'stock-rejected': { to: 'withdrawing', event: 'RefundRequested', reason: 'out-of-stock' },
    cancel: { to: 'withdrawing', event: 'RefundRequested', reason: 'cancelled-by-customer' },
    'time-passed': { to: 'shipped', event: 'OrderShipped' },
  },
  shipped: {
    'time-passed': { to: 'delivered', event: 'OrderDelivered' },
  },
  withdrawing: {
    'payment-refunded': { to: 'cancelled', event: 'OrderCancelled' },
    // They crossed the request for the refund, which is still answered.
    'payment-processed': { to: 'withdrawing', event: null },
    'payment-failed': { to: 'withdrawing', event: null },
    'time-passed': { to: 'withdrawing', event: 'RefundRequested' },
  },
  delivered: {},
  rejected: {},
  cancelled: {},
};

/** The states that are never left. */
export const endStates = ['delivered', 'rejected', 'cancelled'] as const satisfies readonly OrderState[];

export const isEnd = (state: OrderState): boolean => endStates.some((end) => end === state);

export type Decision = { outcome: 'moved'; move: Move } | { outcome: 'refused'; state: Origin; trigger: Trigger };

/** What a trigger does in a state. The same trigger in the same state always ends the same way. */
export function decide(state: Origin, trigger: Trigger): Decision {
  const move = legalMoves[state][trigger];
  return move ? { outcome: 'moved', move } : { outcome: 'refused', state, trigger };
}

/** Every row of the table. */
export const allMoves = (): { from: Origin; trigger: Trigger; move: Move }[] =>
  (Object.keys(legalMoves) as Origin[]).flatMap((from) =>
    triggers.flatMap((trigger) => {
      const move = legalMoves[from][trigger];
      return move ? [{ from, trigger, move }] : [];
    }),
  );

/** The settings that say how long an order may stay in a state. */
export type DeadlineSettings = Pick<
  OrderConfig,
  | 'STOCK_DEADLINE_SECONDS'
  | 'PAYMENT_DEADLINE_SECONDS'
  | 'REFUND_DEADLINE_SECONDS'
  | 'SHIP_AFTER_SECONDS'
  | 'DELIVER_AFTER_SECONDS'
>;

/** How long an order stays in a state before `time-passed`: a setting, at once, or for ever. */
export const deadlines: Readonly<Record<OrderState, keyof DeadlineSettings | 'at-once' | 'never'>> = {
  pending: 'STOCK_DEADLINE_SECONDS',
  reserved: 'PAYMENT_DEADLINE_SECONDS',
  paid: 'at-once',
  confirmed: 'SHIP_AFTER_SECONDS',
  shipped: 'DELIVER_AFTER_SECONDS',
  withdrawing: 'REFUND_DEADLINE_SECONDS',
  delivered: 'never',
  rejected: 'never',
  cancelled: 'never',
};

const longestDeadlineSeconds = 300;

/** When the time of a state that is reached now has passed. Each repeat in the same state doubles it, up to five minutes. */
export function dueAfter(
  state: OrderState,
  reached: { now: Date; repeats: number; settings: DeadlineSettings },
): Date | null {
  const { now, repeats, settings } = reached;
  const rule = deadlines[state];
  if (rule === 'never') return null;
  if (rule === 'at-once') return now;
  const longest = Math.max(settings[rule], longestDeadlineSeconds);
  const seconds = Math.min(settings[rule] * 2 ** Math.min(repeats, 16), longest);
  return new Date(now.getTime() + seconds * 1_000);
}
