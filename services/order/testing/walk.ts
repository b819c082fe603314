// Leads an order through triggers by the front door, and says what the table expects of it.
import { moveDueOrders } from '../due-orders.ts';
import type { OrderView } from '../order.ts';
import type { OrderState, Origin, Trigger } from '../saga.ts';
import { deadlines, decide } from '../saga.ts';
import type { Shop } from './shop.ts';

interface Step {
  version: number;
  from: Origin;
  move: Trigger;
  to: OrderState;
  event: string | null;
}

/** Puts an order through triggers; refunds give back the whole. */
export async function walkOrder(shop: Shop, sequence: readonly Trigger[]) {
  const order = await shop.placed();
  const expected: Step[] = [{ version: 1, from: 'new', move: 'place', to: 'pending', event: 'OrderPlaced' }];
  for (const trigger of sequence) {
    await pull(shop, order, trigger);
    follow(expected, trigger);
  }
  const history = await shop.sql<Step[]>`
    select version, from_state as "from", move, to_state as "to", event from order_move where order_id = ${order.id} order by version`;
  const published = (await shop.committed()).filter(({ aggregateId }) => aggregateId === order.id);
  return {
    expected,
    history: history.map((row) => ({ ...row })),
    published: published.map(({ type, aggregateVersion }) => `${aggregateVersion} ${type}`),
    state: await shop.stateOf(order.id),
  };
}

/** What the table makes of a trigger, through states that are left at once. */
function follow(steps: Step[], trigger: Trigger): void {
  const last = steps.at(-1);
  if (!last) return;
  const decision = decide(last.to, trigger);
  if (decision.outcome === 'refused') return;
  const { to, event } = decision.move;
  // An answer about an attempt that was never made is put aside before the table is asked.
  steps.push({ version: last.version + 1, from: last.to, move: trigger, to, event });
  if (deadlines[to] === 'at-once') follow(steps, 'time-passed');
}

async function pull(shop: Shop, order: OrderView, trigger: Trigger): Promise<void> {
  switch (trigger) {
    case 'place':
      return;
    case 'stock-reserved':
      await shop.reserve(order.id);
      return;
    case 'stock-rejected':
      await shop.refuseStock(order.id);
      return;
    case 'payment-processed':
      await shop.pay(order);
      return;
    case 'payment-failed':
      await shop.decline(order);
      return;
    case 'payment-refunded':
      await shop.refund(order, order.total.amountMinor);
      return;
    case 'cancel':
      await shop.cancel(order.id);
      return;
    case 'time-passed':
      await shop.sql`update shop_order set due_at = now() - interval '1 day' where id = ${order.id} and due_at is not null`;
      await moveDueOrders(shop.own);
  }
}
