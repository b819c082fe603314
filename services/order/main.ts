import { join } from 'node:path';
import { order } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { orderConfig } from './config.ts';

await runService({
  service: order,
  config: orderConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    worker: async () => (await import('./worker.ts')).startWorker,
  },
});
