import { join } from 'node:path';
import { payment } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { paymentConfig } from './config.ts';

await runService({
  service: payment,
  config: paymentConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    worker: async () => (await import('./worker.ts')).startWorker,
  },
});
