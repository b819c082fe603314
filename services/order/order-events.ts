import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderRejected,
  OrderShipped,
  PaymentRequested,
  RefundRequested,
} from '@millrace/catalog/events/order.ts';
import type { NewEvent } from '@millrace/runtime/outbox.ts';
import { makeEvent } from '@millrace/runtime/outbox.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { SoldItem } from './order.ts';
import type { OrderChange } from './order-moves.ts';
import type { SagaEvent } from './saga.ts';

interface Facts {
  change: OrderChange;
  /** The order's lines; only events that tell them ask for them. */
  items: readonly SoldItem[];
  ports: { clock: Clock; random: Random };
}

/** Events that tell the lines of the order. */
export const tellsItems = (event: SagaEvent | null): boolean => event === 'OrderConfirmed';

/** The event that a move publishes, with the version that the order has after it; nothing for a silent move. */
export function eventOf(facts: Facts): NewEvent | undefined {
  const { event } = facts.change;
  return event === null ? undefined : makers[event](facts);
}

const makers: Readonly<Record<SagaEvent, (facts: Facts) => NewEvent>> = {
  OrderPlaced: () => {
    throw new Error('An order is placed by the statement of placement-store.ts, its event with it.');
  },
  PaymentRequested: (facts) => {
    const { paymentToken } = facts.change.before;
    if (paymentToken === null) throw new Error('The token is gone before the payment was asked for.');
    return make(facts, PaymentRequested, { ...attemptOf(facts.change), paymentToken });
  },
  RefundRequested: (facts) => make(facts, RefundRequested, { ...attemptOf(facts.change), reason: reasonOf(facts) }),
  OrderConfirmed: (facts) => {
    const items = facts.items.map(({ productId, quantity, name, unitPrice }) => ({
      productId,
      quantity,
      name,
      unitPrice,
    }));
    return make(facts, OrderConfirmed, { ...referenceOf(facts.change), items, total: facts.change.after.total });
  },
  OrderRejected: (facts) =>
    make(facts, OrderRejected, { ...referenceOf(facts.change), reason: rejectionOf(reasonOf(facts)) }),
  OrderCancelled: (facts) => make(facts, OrderCancelled, { ...referenceOf(facts.change), reason: reasonOf(facts) }),
  OrderShipped: (facts) => make(facts, OrderShipped, referenceOf(facts.change)),
  OrderDelivered: (facts) => make(facts, OrderDelivered, referenceOf(facts.change)),
};

function make<Contract extends EventContract>(
  { change, ports }: Facts,
  contract: Contract,
  data: DataOf<Contract>,
): NewEvent {
  const { id, version, correlationId } = change.after;
  return makeEvent(contract, { aggregateId: id, aggregateVersion: version, correlationId, data }, ports);
}

/** The person is known until the order has ended, also one who was forgotten meanwhile. */
function referenceOf({ before }: OrderChange): { orderId: string; userId: string } {
  if (before.userId === null) throw new Error('An order on its way has lost its person.');
  return { orderId: before.id, userId: before.userId };
}

function attemptOf(change: OrderChange) {
  const { attemptId, total } = change.after;
  if (attemptId === null) throw new Error('There is no attempt at payment yet.');
  return { ...referenceOf(change), attemptId, total };
}

function reasonOf({ change }: Facts): string {
  const { reason } = change.after;
  if (reason === null) throw new Error(`The table gives no reason for ${change.before.state} × ${change.trigger}.`);
  return reason;
}

type Rejection = DataOf<typeof OrderRejected>['reason'];
const rejections: readonly Rejection[] = ['out-of-stock', 'payment-declined', 'deadline'];

function rejectionOf(reason: string): Rejection {
  const known = rejections.find((rejection) => rejection === reason);
  if (!known) throw new Error(`${reason} is not a reason of OrderRejected.`);
  return known;
}
