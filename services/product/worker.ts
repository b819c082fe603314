import { openBroker, startOwnRelay, startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';
import { startExpiry } from './expiry.ts';
import { startHousekeeping } from './housekeeping.ts';
import { openStockKeeper, reactionsOf } from './reactions.ts';
import { openProductUploads } from './uploads.ts';

/** Holds, sells and gives back stock, remembers what was bought together, and publishes what was committed. */
export const startWorker: StartWorkload<ProductConfig> = async (own) => {
  const broker = openBroker(own.config);
  const uploads = openProductUploads(own);
  const keeper = openStockKeeper(own);
  const server = await serveHttp(own);
  const relay = startOwnRelay(own, broker);
  const consumers = startSubscriptions(own, broker, reactionsOf(own, { keeper, uploads }));
  const loops = [startExpiry(own, keeper), startHousekeeping(own, uploads)];
  return {
    async close() {
      await consumers.close();
      await Promise.all(loops.map((loop) => loop.close()));
      await relay.close();
      await Promise.all([server.close(), broker.close(), own.database.close()]);
    },
  };
};
