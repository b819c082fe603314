import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { startLoader } from './loader.ts';
import { openWarehouse } from './warehouse.ts';
import type { StartWorkload } from './workload.ts';
import { openOwnDatabase, serveHttp } from './workload.ts';

const poolSize = 2;

/** Carries events to the warehouse. Ready when its own database answers: a warehouse that is away only makes it wait. */
export const startLoaderWorkload: StartWorkload = async (config, log) => {
  const metrics = createMetrics();
  const database = openOwnDatabase(config, { name: 'loader', poolSize });
  const warehouse = openWarehouse({ url: config.WAREHOUSE_URL, purpose: 'load' });
  const server = await serveHttp(config, { database, metrics, log });
  const loader = startLoader({ database, warehouse, log, metrics, clock: systemClock, random: systemRandom });
  return {
    async close() {
      await loader.close();
      await Promise.all([server.close(), database.close(), warehouse.close()]);
    },
  };
};
