import type { Random } from '@millrace/runtime/ports.ts';
import type { Order } from './order.ts';
import type { DeadlineSettings, Decision, Move, SagaEvent, Trigger } from './saga.ts';
import { deadlines, decide, dueAfter, isEnd, orderStates } from './saga.ts';

/** One move of one order, ready to be written. */
export interface OrderChange {
  before: Order;
  after: Order;
  trigger: Trigger;
  note: string | null;
  event: SagaEvent | null;
}

export interface Surroundings {
  now: Date;
  settings: DeadlineSettings;
  random: Random;
}

export type Moved =
  | { outcome: 'moved'; changes: OrderChange[]; order: Order }
  | Extract<Decision, { outcome: 'refused' }>;

/** Moves an order by the table, and on through states that are left at once. */
export function moveOrder(
  order: Order,
  cause: { trigger: Trigger; note?: string | null },
  surroundings: Surroundings,
): Moved {
  const first = decide(order.state, cause.trigger);
  if (first.outcome === 'refused') return first;
  const note = cause.note ?? null;
  const changes = [makeChange(order, { move: first.move, trigger: cause.trigger, note }, surroundings)];
  // Never longer than there are states: the table has no circle of states that are left at once.
  for (let step = 0; step < orderStates.length; step += 1) {
    const reached = changes.at(-1)?.after ?? order;
    if (deadlines[reached.state] !== 'at-once') return { outcome: 'moved', changes, order: reached };
    const next = decide(reached.state, 'time-passed');
    if (next.outcome === 'refused') throw new Error(`The table leaves no way out of ${reached.state}.`);
    changes.push(makeChange(reached, { move: next.move, trigger: 'time-passed', note: null }, surroundings));
  }
  throw new Error(`The table goes round in circles from ${order.state}.`);
}

function makeChange(
  before: Order,
  step: { move: Move; trigger: Trigger; note: string | null },
  surroundings: Surroundings,
): OrderChange {
  const { move, trigger, note } = step;
  const { now, settings, random } = surroundings;
  const state = move.to;
  const isSame = state === before.state;
  const isRepeat = isSame && trigger === 'time-passed';
  const repeats = isSame ? before.repeats + (isRepeat ? 1 : 0) : 0;
  const isForgotten = before.isErased && isEnd(state);
  const after: Order = {
    ...before,
    state,
    withdrawnFrom: state === 'withdrawing' ? (before.withdrawnFrom ?? before.state) : null,
    reason: move.reason ?? before.reason,
    version: before.version + 1,
    paymentToken: null,
    attemptId: move.event === 'PaymentRequested' ? random.uuid() : before.attemptId,
    isCharged: before.isCharged || trigger === 'payment-processed',
    repeats,
    updatedAt: now,
    // What only crossed our own message does not change how long we wait.
    dueAt: isSame && !isRepeat ? before.dueAt : dueAfter(state, { now, repeats, settings }),
    ...(isForgotten && { userId: null, address: null }),
  };
  return { before, after, trigger, note, event: move.event };
}
