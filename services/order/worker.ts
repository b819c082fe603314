import { openBroker, startOwnRelay, startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { startDueOrders } from './due-orders.ts';
import { orderReactions } from './events.ts';

/** Everything that happens to orders by itself: answers of other services, deadlines, and the relay of our own events. */
export const startWorker: StartWorkload<OrderConfig> = async (own) => {
  const broker = openBroker(own.config);
  const relay = startOwnRelay(own, broker);
  const subscriptions = startSubscriptions(own, broker, orderReactions(own));
  const dueOrders = startDueOrders(own);
  const server = await serveHttp(own);
  return {
    async close() {
      await subscriptions.close();
      await dueOrders.close();
      await relay.close();
      await Promise.all([server.close(), broker.close(), own.database.close()]);
    },
  };
};
