import type { Money } from '@millrace/catalog/events/money.ts';
import { money } from '@millrace/catalog/events/money.ts';
import { freeText } from '@millrace/runtime/free-text.ts';
import { z } from 'zod';
import type { OrderState, Origin, Trigger } from './saga.ts';
import { firstMove } from './saga.ts';

const maxLines = 1_000;
const maxQuantity = 1_000;

const newLine = z.strictObject({
  productId: z.uuid().transform((id) => id.toLowerCase()),
  quantity: z.int().min(1).max(maxQuantity),
});

const address = z.union([
  freeText(500),
  z.strictObject({
    name: freeText(200).optional(),
    street: freeText(200),
    city: freeText(100),
    postalCode: freeText(20),
    country: z.string().regex(/^[A-Z]{2}$/, 'Two capital letters (ISO 3166-1 alpha-2).'),
    region: freeText(100).optional(),
  }),
]);
export type Address = z.output<typeof address>;

/** What a person sends to place an order. The price is ours to say. */
export const newOrder = z.strictObject({
  items: z
    .array(newLine)
    .min(1)
    .max(maxLines)
    .superRefine((items, context) => {
      const seen = new Set<string>();
      for (const [index, { productId }] of items.entries()) {
        if (seen.has(productId)) {
          context.addIssue({
            code: 'custom',
            path: [index, 'productId'],
            params: { code: 'duplicate-product' },
            message: 'This product stands in an earlier line: send one line with the whole quantity.',
          });
        }
        seen.add(productId);
      }
    }),
  address,
  paymentToken: z.string().regex(/^tok_[a-z0-9_]{1,60}$/, 'A token of the payment provider, such as tok_ok.'),
});
export type NewOrder = z.output<typeof newOrder>;

/** Which order a path names. */
export const oneOrder = z.object({ id: z.uuid().transform((id) => id.toLowerCase()) });

const publicStates = [
  'pending',
  'reserved',
  'paid',
  'confirmed',
  'shipped',
  'delivered',
  'rejected',
  'cancelled',
] as const satisfies readonly OrderState[];

const soldItem = z.object({ productId: z.uuid(), name: z.string(), quantity: z.int(), unitPrice: money });
export type SoldItem = z.output<typeof soldItem>;

/** An order as its owner sees it. */
export const orderView = z.object({
  id: z.uuid(),
  state: z.enum(publicStates),
  isCancelling: z.boolean(),
  reason: z.string().nullable(),
  items: z.array(soldItem),
  total: money,
  /** Nothing once its owner was forgotten. */
  address: address.nullable(),
  version: z.int(),
  placedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type OrderView = z.output<typeof orderView>;

/** The moves of one order, for programs. */
export const historyView = z.object({
  order: z.object({ id: z.uuid(), state: z.enum(publicStates) }),
  items: z.array(
    z.object({
      at: z.iso.datetime(),
      from: z.string().nullable(),
      to: z.string(),
      move: z.string(),
      event: z.string().nullable(),
      note: z.string().nullable(),
    }),
  ),
});
export type HistoryView = z.output<typeof historyView>;

/** An order as the database keeps it, without its lines. */
export interface Order {
  id: string;
  userId: string | null;
  state: OrderState;
  withdrawnFrom: OrderState | null;
  reason: string | null;
  version: number;
  total: Money;
  address: Address | null;
  paymentToken: string | null;
  attemptId: string | null;
  isCharged: boolean;
  repeats: number;
  isErased: boolean;
  correlationId: string;
  placedAt: Date;
  updatedAt: Date;
  /** When its time in this state has passed. */
  dueAt: Date | null;
}

/** One line of the history. */
export interface PastMove {
  version: number;
  at: Date;
  from: Origin;
  move: Trigger;
  to: OrderState;
  event: string | null;
  note: string | null;
}

/** Which state others see: the one before, while the order is withdrawn. */
function publicState(order: Pick<Order, 'state' | 'withdrawnFrom'>): OrderView['state'] {
  const state = order.state === 'withdrawing' ? order.withdrawnFrom : order.state;
  if (state === null || state === 'withdrawing') throw new Error('A withdrawn order has lost where it came from.');
  return state;
}

type Seen = 'id' | 'state' | 'withdrawnFrom' | 'reason' | 'total' | 'address' | 'version' | 'placedAt' | 'updatedAt';

export function viewOf(order: Pick<Order, Seen>, items: SoldItem[]): OrderView {
  const { id, reason, total, version } = order;
  return {
    id,
    state: publicState(order),
    isCancelling: order.state === 'withdrawing',
    reason,
    items,
    total,
    address: order.address,
    version,
    placedAt: order.placedAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
  };
}

/** An order as it was when it was placed: what a repeated request is answered with, too. */
export function viewAsPlaced(
  { id, total, address: to, placedAt }: Pick<Order, 'id' | 'total' | 'address' | 'placedAt'>,
  items: SoldItem[],
): OrderView {
  const first = { state: firstMove.to, withdrawnFrom: null, reason: null, version: 1 };
  return viewOf({ id, total, address: to, placedAt, updatedAt: placedAt, ...first }, items);
}

export function historyOf(order: Order, moves: readonly PastMove[]): HistoryView {
  return {
    order: { id: order.id, state: publicState(order) },
    items: moves.map(({ at, from, to, move, event, note }) => ({
      at: at.toISOString(),
      from: from === 'new' ? null : from,
      to,
      move,
      event,
      note,
    })),
  };
}
