import { join } from 'node:path';
import type { Log } from '@millrace/runtime/log.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import type { AnalyticsConfig } from './config.ts';
import { migrateWarehouse } from './warehouse.ts';

/** Brings the service's database and the warehouse to the newest schema; sets the exit code 5 when one refuses. */
export async function migrateAll(config: AnalyticsConfig, log: Log): Promise<void> {
  try {
    const applied = await migrate({
      url: config.DATABASE_URL,
      folder: join(import.meta.dirname, 'migrations'),
      iam: config.DATABASE_IAM,
      region: config.AWS_REGION,
    });
    const warehouse = await migrateWarehouse(config.WAREHOUSE_URL);
    log.info({ applied, warehouse }, 'migrated');
  } catch (error) {
    log.fatal({ error }, 'could not migrate');
    process.stderr.write(`could not migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 5;
  }
}
