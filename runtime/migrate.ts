import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import type { DatabaseOptions } from './database.ts';
import { openDatabase } from './database.ts';

interface MigrateOptions {
  url: string;
  /** Files named `0001_verb_noun.sql`, applied in that order, each in a transaction of its own. */
  folder: string;
  iam?: boolean;
  region?: string;
  password?: DatabaseOptions['password'];
  kind?: DatabaseOptions['kind'];
  /** Creates the outbox and the inbox first. Not in a warehouse. */
  messaging?: boolean;
}

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

const fileForm = /^\d{4}_[a-z0-9_]+\.sql$/;
const ledger = `create table if not exists schema_migration (
  name varchar(128) not null primary key, checksum varchar(64) not null, applied_at timestamptz not null)`;
const lockKey = 7_236_401_119;
const attempts = 20;
const attemptPauseMs = 500;
const messagingFolder = join(import.meta.dirname, 'migrations');

/**
 * Brings a database to the newest schema. A second run changes nothing, and two runs at once wait for each other.
 * @returns the names of the files that were applied now.
 * @throws Error when an applied file was edited, a file is not named as agreed, or a statement fails: that file is rolled back.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { url, folder, iam, region, password, kind } = options;
  const hasMessaging = options.messaging ?? kind !== 'warehouse';
  const migrations = [
    ...(hasMessaging ? await readMigrations(messagingFolder, 'runtime/') : []),
    ...(await readMigrations(folder, '')),
  ];
  const database = openDatabase({
    url,
    applicationName: 'migrate',
    poolSize: 1,
    statementTimeoutMs: 0,
    ...(iam && { iam }),
    ...(region && { region }),
    ...(password && { password }),
    ...(kind && { kind }),
  });
  try {
    return await applyAll(database.sql, migrations, kind !== 'warehouse');
  } finally {
    await database.close();
  }
}

async function readMigrations(folder: string, prefix: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const wrong = names.find((name) => !fileForm.test(name));
  if (wrong) throw new Error(`${join(folder, wrong)}: name it like 0001_create_orders.sql.`);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { name: `${prefix}${name}`, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function applyAll(sql: postgres.Sql, migrations: Migration[], hasLocks: boolean): Promise<string[]> {
  await sql.begin(async (tx) => {
    if (hasLocks) await tx`select pg_advisory_xact_lock(${lockKey})`;
    await tx.unsafe(ledger);
  });
  const applied: string[] = [];
  for (const migration of migrations) {
    if (await applyPatiently(sql, migration, hasLocks)) applied.push(migration.name);
  }
  return applied;
}

/** A statement that waits longer than lock_timeout (2 s) lets the others pass and tries again. */
async function applyPatiently(sql: postgres.Sql, migration: Migration, hasLocks: boolean): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sql.begin((tx) => applyOne(tx, migration, hasLocks));
    } catch (error) {
      const isLocked = (error as { code?: unknown }).code === '55P03';
      if (!isLocked || attempt >= attempts) throw new Error(`${migration.name}: ${String(error)}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, attemptPauseMs));
    }
  }
}

async function applyOne(tx: postgres.TransactionSql, migration: Migration, hasLocks: boolean): Promise<boolean> {
  const { name, text, checksum } = migration;
  if (hasLocks) await tx`select pg_advisory_xact_lock(${lockKey})`;
  const [known] = await tx<{ checksum: string }[]>`select checksum from schema_migration where name = ${name}`;
  if (known && known.checksum !== checksum) throw new Error('it was edited after it had been applied. Add a new file.');
  if (known) return false;
  await tx.unsafe(text);
  await tx`insert into schema_migration (name, checksum, applied_at) values (${name}, ${checksum}, ${new Date()})`;
  return true;
}
