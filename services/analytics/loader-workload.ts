import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { AnalyticsConfig } from './config.ts';
import { startLoader } from './loader.ts';
import { openWarehouse, warehouseOf } from './warehouse.ts';

/** Carries events to the warehouse. Ready when its own database answers: a warehouse that is away only makes it wait. */
export const startLoaderWorkload: StartWorkload<AnalyticsConfig> = async (own) => {
  const { config, database, log, metrics, clock, random } = own;
  const warehouse = openWarehouse(warehouseOf(config), 'load');
  const server = await serveHttp(own);
  const loader = startLoader({ database, warehouse, log, metrics, clock, random });
  return {
    async close() {
      await loader.close();
      await Promise.all([server.close(), database.close(), warehouse.close()]);
    },
  };
};
