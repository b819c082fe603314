import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { queueName } from '@millrace/catalog/names.ts';
import { awsBroker } from '@millrace/runtime/aws-broker.ts';
import { readFault } from '@millrace/runtime/fault-point.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { startProcessor } from './processor.ts';
import type { StartWorkload } from './workload.ts';
import { openOwnDatabase, serveHttp } from './workload.ts';

const poolSize = 5;
const slowPoolSize = 2;
const slowStatementMs = 60_000;

/** Turns what was published into events, visits and roll-ups. */
export const startProcessorWorkload: StartWorkload = async (config, log) => {
  const metrics = createMetrics();
  const database = openOwnDatabase(config, { name: 'processor', poolSize });
  const slowDatabase = openOwnDatabase(config, {
    name: 'roller',
    poolSize: slowPoolSize,
    statementTimeoutMs: slowStatementMs,
  });
  const broker = awsBroker({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL,
    busName: config.EVENT_BUS_NAME,
  });
  const server = await serveHttp(config, { database, metrics, log });
  const processor = startProcessor({
    database,
    slowDatabase,
    queue: broker.queue(queueName(config.MILLRACE_ENVIRONMENT, 'analytics', PageViewsCollected.name)),
    log,
    metrics,
    clock: systemClock,
    random: systemRandom,
    reach: readFault(config.MILLRACE_FAULT, config.MILLRACE_ENVIRONMENT),
  });
  return {
    async close() {
      await processor.close();
      await Promise.all([server.close(), broker.close(), database.close(), slowDatabase.close()]);
    },
  };
};
