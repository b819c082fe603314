import { awsBroker } from '@millrace/runtime/aws-broker.ts';
import { readFault } from '@millrace/runtime/fault-point.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { startRelay } from '@millrace/runtime/relay.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import type { StartWorkload } from './workload.ts';
import { openOwnDatabase, serveHttp } from './workload.ts';

const poolSize = 3;

/** Publishes what the API committed. */
export const startRelayWorkload: StartWorkload = async (config, log) => {
  const metrics = createMetrics();
  const database = openOwnDatabase(config, { name: 'relay', poolSize });
  const broker = awsBroker({
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL,
    busName: config.EVENT_BUS_NAME,
  });
  const server = await serveHttp(config, { database, metrics, log });
  const relay = startRelay({
    database,
    broker,
    log,
    metrics,
    clock: systemClock,
    random: systemRandom,
    reach: readFault(config.MILLRACE_FAULT, config.MILLRACE_ENVIRONMENT),
  });
  return {
    async close() {
      await relay.close();
      await Promise.all([server.close(), broker.close(), database.close()]);
    },
  };
};
