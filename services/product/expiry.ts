import { startLoop } from '@millrace/runtime/loop.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';
import type { StockKeeper } from './stock-keeping.ts';

const everyMs = 1_000;
// An order may have a thousand lines.
const ordersAtOnce = 20;

/** Gives back stock that was held too long. Any number may run: each takes orders that no other has in hand. */
export function startExpiry(own: Workload<ProductConfig>, keeper: StockKeeper): Closable {
  return startLoop(own, {
    complaint: 'stock that was held too long could not be given back',
    everyMs,
    step: async () => {
      const expired = await inTransaction(own.database, (tx) => keeper.expire(tx, ordersAtOnce));
      if (expired > 0) own.log.info({ expired }, 'held stock was given back because its time was over');
      return expired === ordersAtOnce;
    },
  });
}
