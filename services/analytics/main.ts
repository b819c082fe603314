import { join } from 'node:path';
import { analytics } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { analyticsConfig } from './config.ts';

await runService({
  service: analytics,
  config: analyticsConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    relay: async () => (await import('./relay-workload.ts')).startRelayWorkload,
    processor: async () => (await import('./processor-workload.ts')).startProcessorWorkload,
    loader: async () => (await import('./loader-workload.ts')).startLoaderWorkload,
  },
  migrateMore: async (config) => {
    const { migrateWarehouse, warehouseOf } = await import('./warehouse.ts');
    return { warehouse: await migrateWarehouse(warehouseOf(config)) };
  },
});
