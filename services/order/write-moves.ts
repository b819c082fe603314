import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import { appendEvents } from '@millrace/runtime/outbox.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { eventOf, tellsItems } from './order-events.ts';
import { orderMetrics } from './order-metrics.ts';
import type { OrderChange } from './order-moves.ts';
import { itemsOf, writeChanges } from './order-store.ts';

/** Writes moves of locked orders with their history and their events, in a few statements for all of them. */
export async function writeMoves(
  own: Workload<OrderConfig>,
  tx: Transaction,
  changes: readonly OrderChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const telling = changes.filter(({ event }) => tellsItems(event)).map(({ before }) => before);
  await writeChanges(tx, changes);
  const items = await itemsOf(sqlOf(tx), telling);
  const events = changes.map((change) => eventOf({ change, items: items.get(change.before.id) ?? [], ports: own }));
  await appendEvents(
    tx,
    events.filter((event) => event !== undefined),
  );
  const { moves } = orderMetrics(own.metrics);
  for (const { trigger, after } of changes) moves.inc({ move: trigger, to: after.state });
}
