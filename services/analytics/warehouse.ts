import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import { readVersion } from './warehouse-store.ts';

const folder = join(import.meta.dirname, 'warehouse');
const queryTimeoutMs = 5_000;
const loadTimeoutMs = 60_000;

interface WarehouseOptions {
  /** `redshift://` in the cloud; `postgres://` too on a laptop. */
  url: string;
  /** What it is for: answers that someone waits for, or loads that may take their time. */
  purpose: 'query' | 'load';
}

/** Opens the warehouse. It connects at the first query; its pool is small and each statement has a deadline. */
export function openWarehouse(options: WarehouseOptions): Database {
  return openDatabase({
    url: wireUrl(options.url),
    applicationName: `analytics-${options.purpose}`,
    poolSize: options.purpose === 'query' ? 4 : 1,
    statementTimeoutMs: options.purpose === 'query' ? queryTimeoutMs : loadTimeoutMs,
    kind: 'warehouse',
  });
}

/** Brings the warehouse to the newest schema; PostgreSQL standing in gets indexes too. A second run changes nothing. */
export async function migrateWarehouse(url: string): Promise<string[]> {
  const target = { url: wireUrl(url), kind: 'warehouse' as const };
  const applied = await migrate({ ...target, folder });
  if (await isRedshift(url)) return applied;
  return [...applied, ...(await migrate({ ...target, folder: join(folder, 'stand-in') }))];
}

/** The text of a load statement, by the name of its file. */
export function loadStatement(name: string): string {
  return readFileSync(join(folder, 'load', `${name}.sql`), 'utf8');
}

/** Redshift speaks PostgreSQL's protocol; only the name in its URL differs. */
const wireUrl = (url: string): string => url.replace(/^redshift:/, 'postgres:');

async function isRedshift(url: string): Promise<boolean> {
  const warehouse = openWarehouse({ url, purpose: 'query' });
  try {
    return (await readVersion(warehouse.sql)).includes('Redshift');
  } finally {
    await warehouse.close();
  }
}
