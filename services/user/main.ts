import { join } from 'node:path';
import { user } from '@millrace/catalog/services.ts';
import { runService } from '@millrace/runtime/service.ts';
import { userConfig } from './config.ts';

await runService({
  service: user,
  config: userConfig,
  migrations: join(import.meta.dirname, 'migrations'),
  workloads: {
    api: async () => (await import('./api.ts')).startApi,
    worker: async () => (await import('./worker.ts')).startWorker,
  },
});
