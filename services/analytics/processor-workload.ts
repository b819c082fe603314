import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { OrderPlaced } from '@millrace/catalog/events/order.ts';
import { queueName } from '@millrace/catalog/names.ts';
import { openBroker, startSubscription } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openOwnDatabase, serveHttp } from '@millrace/runtime/workload.ts';
import type { AnalyticsConfig } from './config.ts';
import { startProcessor } from './processor.ts';
import { shopReaction } from './shop.ts';

const slowPoolSize = 2;
const slowStatementMs = 60_000;

/** Turns what was published into events, visits, roll-ups and the shop's figures. */
export const startProcessorWorkload: StartWorkload<AnalyticsConfig> = async (own) => {
  const { config, database, log, metrics, clock, random, reach } = own;
  const slowDatabase = openOwnDatabase(own, {
    name: 'roller',
    poolSize: slowPoolSize,
    statementTimeoutMs: slowStatementMs,
  });
  const broker = openBroker(config);
  const server = await serveHttp(own);
  const queue = broker.queue(queueName(config.MILLRACE_ENVIRONMENT, 'analytics', PageViewsCollected.name));
  const processor = startProcessor({ database, slowDatabase, queue, log, metrics, clock, random, reach });
  const shop = startSubscription(own, broker, { name: OrderPlaced.name, reaction: shopReaction(metrics) });
  return {
    async close() {
      await Promise.all([processor.close(), shop.close()]);
      await Promise.all([server.close(), broker.close(), database.close(), slowDatabase.close()]);
    },
  };
};
