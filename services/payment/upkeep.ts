import type { Closable } from '@millrace/runtime/process.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { paymentMetrics } from './payment-metrics.ts';
import { countAttention, purgeWebhookReceipts } from './payment-store.ts';

const everyMs = 15_000;
/** The provider repeats a callback for hours, and a signature is good for minutes. */
const keepDays = 30;
const purgeRows = 5_000;
const dayMs = 86_400_000;

/** Keeps the figure of payments that wait for a person, and forgets old callbacks. */
export function startUpkeep(own: Pick<Workload, 'database' | 'clock' | 'metrics' | 'log'>): Closable {
  let running = keepUp(own);
  const timer = setInterval(() => {
    running = running.then(() => keepUp(own));
  }, everyMs);
  return {
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** One round. A database that is away is met again in the next one. */
export async function keepUp(own: Pick<Workload, 'database' | 'clock' | 'metrics' | 'log'>): Promise<void> {
  const { db } = own.database;
  try {
    const rows = await countAttention(db);
    const gauge = paymentMetrics(own.metrics).attention;
    gauge.reset();
    for (const { reason, payments } of rows) gauge.set({ reason }, payments);
    const before = new Date(own.clock.now().getTime() - keepDays * dayMs);
    await purgeWebhookReceipts(db, { before, limit: purgeRows });
  } catch (error) {
    own.log.debug({ err: error }, 'upkeep was put off');
  }
}
