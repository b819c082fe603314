import { fileURLToPath } from 'node:url';
import { dashboard } from '@millrace/catalog/services.ts';
import { openCache } from '@millrace/runtime/cache.ts';
import { readConfig } from '@millrace/runtime/config.ts';
import { listen } from '@millrace/runtime/listen.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { runProcess } from '@millrace/runtime/process.ts';
import { runSmoke } from '@millrace/runtime/smoke.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { dashboardConfig } from './config.ts';
import { readPageFiles } from './page-files.ts';
import { createDashboard } from './routes.ts';

const config = await readConfig(dashboardConfig);
const log = createLog({ name: 'dashboard', level: config.LOG_LEVEL });
const drainMs = 5_000;

if (config.MILLRACE_WORKLOAD === 'smoke') await runSmoke(dashboard, { port: config.PORT, log });
else await runProcess({ log, start });

async function start(): Promise<Closable> {
  const files = await readPageFiles(fileURLToPath(new URL('./dist', import.meta.url)));
  const store = await openCache(config, systemClock);
  const app = createDashboard({
    config,
    files,
    store,
    metrics: createMetrics(),
    log,
    clock: systemClock,
    random: systemRandom,
  });
  const server = await listen(app, { host: config.HOST, port: config.PORT, drainMs });
  log.info({ url: server.url }, 'listening');
  return {
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}
