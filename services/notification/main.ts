import { join } from 'node:path';
import { notification } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { notificationConfig } from './config.ts';

await runService({
  service: notification,
  config: notificationConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    worker: async () => (await import('./worker.ts')).startWorker,
  },
});
