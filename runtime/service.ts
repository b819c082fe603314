import type { Service } from '@millrace/catalog/service.ts';
import type { z } from 'zod';
import { readConfig } from './config.ts';
import type { Log } from './log.ts';
import { createLog } from './log.ts';
import { runProcess } from './process.ts';
import type { StartWorkload, WorkloadConfig } from './workload.ts';

/** A service's program. */
interface ServiceProgram<Config extends WorkloadConfig> {
  service: Service;
  config: z.ZodObject & { _output: Config };
  /** The folder of its migrations. */
  migrations: string;
  /** By the catalog's names. Each is loaded only where it runs: that is most of a process's start and memory. */
  workloads: Readonly<Record<string, () => Promise<StartWorkload<Config>>>>;
  /** What else the workload `migrate` brings up to date, after the service's own database; says what it applied. */
  migrateMore?: (config: Config) => Promise<Record<string, unknown>>;
}

/**
 * Runs the workload that `MILLRACE_WORKLOAD` names until the process is told to stop; `migrate` brings the database to the
 * newest schema and ends, `smoke` asks each workload whether it is ready and ends. What is wrong at the start is one line on
 * standard error and exit code 5.
 */
export async function runService<Config extends WorkloadConfig>(program: ServiceProgram<Config>): Promise<void> {
  const config = (await readConfig(program.config)) as Config;
  const name = config.MILLRACE_WORKLOAD;
  const log = createLog({ name: `${program.service.name}-${name}`, level: config.LOG_LEVEL });
  if (name === 'migrate') return migrateOwn(program, config, log);
  if (name === 'smoke') {
    const { runSmoke } = await import('./smoke.ts');
    return runSmoke(program.service, { port: config.PORT, log });
  }
  const load = program.workloads[name];
  if (!load) {
    const known = Object.keys(program.workloads).join(', ');
    process.stderr.write(`MILLRACE_WORKLOAD=${name}: there is ${known}, migrate and smoke.\n`);
    process.exit(5);
  }
  const start = async () => {
    const [startWorkload, { openWorkload }] = await Promise.all([load(), import('./workload.ts')]);
    return startWorkload(openWorkload(program.service, config, log));
  };
  await runProcess({ log, start });
}

async function migrateOwn<Config extends WorkloadConfig>(
  program: ServiceProgram<Config>,
  config: Config,
  log: Log,
): Promise<void> {
  try {
    const { migrate } = await import('./migrate.ts');
    const applied = await migrate({
      url: config.DATABASE_URL,
      folder: program.migrations,
      iam: config.DATABASE_IAM,
      region: config.AWS_REGION,
    });
    const more = await program.migrateMore?.(config);
    log.info({ applied, ...more }, 'migrated');
  } catch (error) {
    log.fatal({ error }, 'could not migrate');
    process.stderr.write(`could not migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 5;
  }
}
