import { startLoop } from '@millrace/runtime/loop.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { paymentMetrics } from './payment-metrics.ts';
import { countAttention, purgeWebhookReceipts } from './payment-store.ts';

type Own = Pick<Workload, 'database' | 'clock' | 'metrics'>;

const everyMs = 15_000;
/** The provider repeats a callback for hours, and a signature is good for minutes. */
const keepDays = 30;
const purgeRows = 5_000;
const dayMs = 86_400_000;

/** Keeps the figure of payments that wait for a person, and forgets old callbacks. */
export function startUpkeep(own: Own & Pick<Workload, 'random' | 'log'>): Closable {
  return startLoop(own, { complaint: 'upkeep was put off', everyMs, step: () => keepUp(own) });
}

/** One round of it. @returns whether there is more. */
export async function keepUp(own: Own): Promise<boolean> {
  const { db } = own.database;
  const rows = await countAttention(db);
  const gauge = paymentMetrics(own.metrics).attention;
  gauge.reset();
  for (const { reason, payments } of rows) gauge.set({ reason }, payments);
  const before = new Date(own.clock.now().getTime() - keepDays * dayMs);
  return (await purgeWebhookReceipts(db, { before, limit: purgeRows })) === purgeRows;
}
