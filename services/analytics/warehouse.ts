import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import type { AnalyticsConfig } from './config.ts';
import { redshiftPassword } from './redshift-password.ts';
import { readVersion } from './warehouse-store.ts';

const folder = join(import.meta.dirname, 'warehouse');
const queryTimeoutMs = 5_000;
const loadTimeoutMs = 60_000;

/** What it is for: answers that someone waits for, or loads that may take their time. */
type Purpose = 'query' | 'load';

/** Where the warehouse is, and how one signs in. */
export interface Warehouse {
  /** `redshift://` in the cloud; `postgres://` too on a laptop. */
  url: string;
  /** Asked for at each connection. */
  password?: () => Promise<string>;
}

type WarehouseConfig = Pick<
  AnalyticsConfig,
  'WAREHOUSE_URL' | 'WAREHOUSE_WORKGROUP' | 'AWS_REGION' | 'AWS_ENDPOINT_URL'
>;

/** The warehouse that the configuration names. With a workgroup, Redshift gives the passwords. */
export function warehouseOf(config: WarehouseConfig): Warehouse {
  const { WAREHOUSE_URL: url, WAREHOUSE_WORKGROUP: workgroup, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = config;
  return { url, ...(workgroup && { password: redshiftPassword({ url, workgroup, region, endpoint }) }) };
}

/** Opens the warehouse. It connects at the first query; its pool is small and each statement has a deadline. */
export function openWarehouse(warehouse: Warehouse, purpose: Purpose): Database {
  return openDatabase({
    ...warehouse,
    url: wireUrl(warehouse.url),
    applicationName: `analytics-${purpose}`,
    poolSize: purpose === 'query' ? 4 : 1,
    statementTimeoutMs: purpose === 'query' ? queryTimeoutMs : loadTimeoutMs,
    kind: 'warehouse',
  });
}

/** Brings the warehouse to the newest schema; PostgreSQL standing in gets indexes too. A second run changes nothing. */
export async function migrateWarehouse(warehouse: Warehouse): Promise<string[]> {
  const target = { ...warehouse, url: wireUrl(warehouse.url), kind: 'warehouse' as const };
  const applied = await migrate({ ...target, folder });
  if (await isRedshift(warehouse)) return applied;
  return [...applied, ...(await migrate({ ...target, folder: join(folder, 'stand-in') }))];
}

/** The text of a load statement, by the name of its file. */
export function loadStatement(name: string): string {
  return readFileSync(join(folder, 'load', `${name}.sql`), 'utf8');
}

/** Redshift speaks PostgreSQL's protocol; only the name in its URL differs. */
const wireUrl = (url: string): string => url.replace(/^redshift:/, 'postgres:');

async function isRedshift(warehouse: Warehouse): Promise<boolean> {
  const database = openWarehouse(warehouse, 'query');
  try {
    return (await readVersion(database.sql)).includes('Redshift');
  } finally {
    await database.close();
  }
}
