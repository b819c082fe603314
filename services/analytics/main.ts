import { readConfig } from '@millrace/runtime/config.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { runProcess } from '@millrace/runtime/process.ts';
import { analyticsConfig } from './config.ts';
import type { StartWorkload } from './workload.ts';

/** Each workload loads only what it needs: that is most of a process's start and memory. */
const workloads: Record<string, () => Promise<StartWorkload>> = {
  api: async () => (await import('./api.ts')).startApi,
  relay: async () => (await import('./relay-workload.ts')).startRelayWorkload,
  processor: async () => (await import('./processor-workload.ts')).startProcessorWorkload,
  loader: async () => (await import('./loader-workload.ts')).startLoaderWorkload,
};

const config = await readConfig(analyticsConfig);
const name = config.MILLRACE_WORKLOAD;
const log = createLog({ name: `analytics-${name}`, level: config.LOG_LEVEL });

if (name === 'migrate') {
  const { migrateAll } = await import('./migrate.ts');
  await migrateAll(config, log);
} else {
  const workload = workloads[name];
  if (!workload) {
    process.stderr.write(`MILLRACE_WORKLOAD=${name}: there is ${Object.keys(workloads).join(', ')} and migrate.\n`);
    process.exit(5);
  }
  await runProcess({ log, start: async () => (await workload())(config, log) });
}
