import { join } from 'node:path';
import { product } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { productConfig } from './config.ts';

await runService({
  service: product,
  config: productConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    worker: async () => (await import('./worker.ts')).startWorker,
  },
});
