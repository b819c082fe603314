import type { Order, OrderMove, OrderState } from '../api/shop-types.ts';

export const stateNames: Record<OrderState, string> = {
  pending: 'Placed',
  reserved: 'Reserved',
  paid: 'Paid',
  confirmed: 'Confirmed',
  shipped: 'Shipped',
  delivered: 'Delivered',
  rejected: 'Rejected',
  cancelled: 'Cancelled',
};

/** How an order goes when all goes well. */
const way = ['pending', 'reserved', 'paid', 'confirmed', 'shipped', 'delivered'] as const satisfies OrderState[];

export interface Step {
  state: OrderState;
  name: string;
  /** `ended`: here it stopped, before its end. */
  kind: 'done' | 'now' | 'next' | 'ended';
  at: string | undefined;
}

/**
 * The steps of an order: those behind it, the one that it stands at, those before it. An order that was rejected or cancelled
 * ends after the last step that it reached: nothing that did not happen is drawn.
 */
export function progressOf(
  order: Pick<Order, 'state' | 'placedAt' | 'updatedAt'>,
  moves: readonly Pick<OrderMove, 'to' | 'at'>[],
): Step[] {
  const { state } = order;
  const times = new Map<OrderState, string>([['pending', order.placedAt]]);
  for (const { to, at } of moves) if (!times.has(to)) times.set(to, at);
  const step = (one: OrderState, kind: Step['kind']): Step => ({
    state: one,
    name: stateNames[one],
    kind,
    at: times.get(one),
  });
  if (state === 'rejected' || state === 'cancelled') {
    const reached = way.filter((one) => times.has(one)).map((one) => step(one, 'done'));
    return [...reached, { ...step(state, 'ended'), at: times.get(state) ?? order.updatedAt }];
  }
  const place = way.indexOf(state);
  return way.map((one, index) => {
    if (index === place)
      return { ...step(one, one === 'delivered' ? 'done' : 'now'), at: times.get(one) ?? order.updatedAt };
    return step(one, index < place ? 'done' : 'next');
  });
}

/** May somebody still change their mind? */
export const mayCancel = (order: Pick<Order, 'state' | 'isCancelling'>): boolean =>
  !order.isCancelling && ['pending', 'reserved', 'paid', 'confirmed'].includes(order.state);

const reasons: Record<string, string> = {
  'out-of-stock': 'Something in it was not in stock any more. Nothing was charged.',
  'payment-declined': 'The payment did not go through. Nothing was charged, and the stock went back.',
  deadline: 'It could not be completed in time. Nothing was charged.',
};

const cancelReasons: Record<string, string> = {
  'cancelled-by-customer': 'You cancelled it.',
  'stock-expired': 'It took too long, and what was kept for you went back on the shelf.',
  'payment-deadline': 'The payment did not come in time.',
  'out-of-stock': 'Something in it was not in stock any more.',
};

/** Where the order stands, in a sentence. */
export function sayState(order: Pick<Order, 'state' | 'isCancelling' | 'reason'>): string {
  if (order.isCancelling) return 'It is being cancelled. What was paid goes back.';
  const reason = order.reason ?? '';
  if (order.state === 'rejected') return say(reasons, reason) ?? `It could not be taken${because(order.reason)}.`;
  if (order.state === 'cancelled') {
    return `${say(cancelReasons, reason) ?? `It is cancelled${because(order.reason)}.`} Whatever was paid went back.`;
  }
  const sentences = {
    pending: 'We look whether everything is in stock.',
    reserved: 'Everything is in stock and kept for you. Now it is paid.',
    paid: 'It is paid.',
    confirmed: 'It is paid and confirmed. It leaves soon.',
    shipped: 'It is on its way.',
    delivered: 'It has arrived.',
  };
  return sentences[order.state];
}

const say = (words: Record<string, string>, reason: string): string | undefined =>
  Object.hasOwn(words, reason) ? words[reason] : undefined;
const because = (reason: string | null): string => (reason ? ` (${reason.replaceAll('-', ' ')})` : '');

/** The colour of a state. */
export function toneOf(order: Pick<Order, 'state'>): 'now' | 'good' | 'bad' | '' {
  if (order.state === 'delivered') return 'good';
  if (order.state === 'rejected') return 'bad';
  return order.state === 'cancelled' ? '' : 'now';
}
