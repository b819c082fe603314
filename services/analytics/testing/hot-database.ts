import { join } from 'node:path';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';

export interface HotDatabase extends Database {
  url: string;
  /** Closes and drops it. */
  drop(): Promise<void>;
}

/** A migrated hot database for one test file. */
export async function createHotDatabase(): Promise<HotDatabase> {
  const created = await createTestDatabase();
  await migrate({ url: created.url, folder: join(import.meta.dirname, '..', 'migrations') });
  const database = openDatabase({ url: created.url, applicationName: 'test', poolSize: 4, statementTimeoutMs: 60_000 });
  return {
    ...database,
    url: created.url,
    drop: async () => {
      await database.close();
      await created.drop();
    },
  };
}
