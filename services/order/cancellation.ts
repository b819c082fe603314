import { sqlOf } from '@millrace/runtime/database.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import type { OrderView } from './order.ts';
import { viewOf } from './order.ts';
import { orderMetrics } from './order-metrics.ts';
import { moveOrder } from './order-moves.ts';
import { itemsOf, lockOwnOrder } from './order-store.ts';
import { writeMoves } from './write-moves.ts';

/**
 * Cancels an order of this person; doing it again changes nothing.
 * @throws Problem 404 when there is none, 409 when it has left or ended otherwise.
 */
export async function cancelOrder(
  own: Workload<OrderConfig>,
  wish: { id: string; userId: string },
): Promise<OrderView> {
  const { clock, random, config: settings } = own;
  return inTransaction(own.database, async (tx) => {
    const order = await lockOwnOrder(tx, wish);
    if (!order) throw new Problem(404, 'not-found', 'There is nothing here.');
    const view = async (now: typeof order): Promise<OrderView> => {
      const items = await itemsOf(sqlOf(tx), [now]);
      return viewOf(now, items.get(now.id) ?? []);
    };
    if (order.state === 'withdrawing' || order.state === 'cancelled') return view(order);
    const moved = moveOrder(order, { trigger: 'cancel' }, { now: clock.now(), settings, random });
    if (moved.outcome === 'refused') {
      orderMetrics(own.metrics).refused.inc({ move: 'cancel', state: order.state });
      throw new Problem(409, 'invalid-state', `This order is ${order.state} and cannot be cancelled any more.`);
    }
    await writeMoves(own, tx, moved.changes);
    return view(moved.order);
  });
}
