import { openBroker, startOwnRelay } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { AnalyticsConfig } from './config.ts';

/** Publishes what the API committed. */
export const startRelayWorkload: StartWorkload<AnalyticsConfig> = async (own) => {
  const broker = openBroker(own.config);
  const server = await serveHttp(own);
  const relay = startOwnRelay(own, broker);
  return {
    async close() {
      await relay.close();
      await Promise.all([server.close(), broker.close(), own.database.close()]);
    },
  };
};
