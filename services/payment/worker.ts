import { openBroker, startOwnRelay, startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import { startCharger } from './charger.ts';
import type { PaymentConfig } from './config.ts';
import { reactions } from './events.ts';
import { openProvider } from './provider-open.ts';
import { startUpkeep } from './upkeep.ts';

/** Notes what order asks for, calls the provider, and publishes what came of it. */
export const startWorker: StartWorkload<PaymentConfig> = async (own) => {
  const { config, database } = own;
  const broker = openBroker(config);
  const server = await serveHttp(own);
  const relay = startOwnRelay(own, broker);
  const company = openProvider(own);
  const charger = startCharger({
    own,
    provider: company.provider,
    deadlineMs: config.CHARGE_DEADLINE_MS,
    concurrency: config.CHARGE_CONCURRENCY,
  });
  const upkeep = startUpkeep(own);
  const consumers = startSubscriptions(own, broker, reactions(own));
  return {
    async close() {
      await consumers.close();
      await Promise.all([charger.close(), upkeep.close()]);
      await company.close();
      await relay.close();
      await Promise.all([server.close(), broker.close(), database.close()]);
    },
  };
};
