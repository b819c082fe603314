import { inboxTable } from '@millrace/runtime/inbox.ts';
import { outboxTable } from '@millrace/runtime/outbox.ts';
import { is, SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { getTableConfig, PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from './schema.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';

let database: HotDatabase;
beforeAll(async () => {
  database = await createHotDatabase();
});
afterAll(async () => {
  await database.drop();
});

interface TableShape {
  columns: Record<string, string>;
  primaryKey: string[];
  indexes: Record<string, string[]>;
  checks: string[];
}

const dialect = new PgDialect();
const tables = Object.values(schema) as PgTable[];

/** What the code believes. */
function shapeInCode(table: PgTable): TableShape {
  const { columns, indexes, primaryKeys, checks } = getTableConfig(table);
  const own = columns.filter((column) => column.primary).map((column) => column.name);
  return {
    columns: Object.fromEntries(
      columns.map((column) => [
        column.name,
        `${typeName(column.getSQLType())}${column.notNull ? ' not null' : ''}${column.hasDefault ? ' default' : ''}`,
      ]),
    ),
    primaryKey: primaryKeys[0]?.columns.map((column) => column.name) ?? own,
    indexes: Object.fromEntries([
      ...indexes.map(({ config }) => [config.name, config.columns.map(columnName)]),
      ...columns.filter((column) => column.isUnique).map((column) => [column.uniqueName, [column.name]]),
    ]),
    checks: checks.map((check) => check.name).sort(),
  };
}

const columnName = (column: unknown): string =>
  is(column, SQL) ? dialect.sqlToQuery(column).sql : (column as { name: string }).name;
const typeName = (type: string): string => type.replace('timestamp with time zone', 'timestamptz').replace(', ', ',');

/** What the migrations made. */
async function shapeInDatabase(name: string): Promise<TableShape> {
  const { sql } = database;
  const columns = await sql<{ name: string; type: string; is_required: boolean; has_default: boolean }[]>`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as is_required, atthasdef or attidentity <> '' as has_default
    from pg_attribute where attrelid = ${name}::regclass and attnum > 0 and not attisdropped order by attnum`;
  const indexes = await sql<{ name: string; is_primary: boolean; columns: string[] }[]>`
    select relname as name, indisprimary as is_primary, array(
      select trim('"' from pg_get_indexdef(indexrelid, n, true)) from generate_series(1, indnkeyatts) as n order by n) as columns
    from pg_index join pg_class on pg_class.oid = indexrelid where indrelid = ${name}::regclass`;
  const checks = await sql<{ name: string }[]>`
    select conname as name from pg_constraint where conrelid = ${name}::regclass and contype = 'c' order by conname`;
  return {
    columns: Object.fromEntries(
      columns.map((column) => [
        column.name,
        `${typeName(column.type)}${column.is_required ? ' not null' : ''}${column.has_default ? ' default' : ''}`,
      ]),
    ),
    primaryKey: indexes.find((index) => index.is_primary)?.columns ?? [],
    indexes: Object.fromEntries(
      indexes.filter((index) => !index.is_primary).map((index) => [index.name, index.columns]),
    ),
    checks: checks.map((check) => check.name),
  };
}

test('every table of the code is in the migrated database, and no other', async () => {
  const rows = await database.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'schema_migration'
    order by relname`;
  expect(rows.map(({ name }) => name)).toEqual(tables.map((table) => getTableConfig(table).name).sort());
  expect(tables).toEqual(expect.arrayContaining([inboxTable, outboxTable]));
});

test.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
  'table %s has the columns, keys, indexes and checks that the code believes in',
  async (name, table) => {
    expect(await shapeInDatabase(name)).toEqual(shapeInCode(table));
  },
);

test('a column that only the database has is seen', async () => {
  await database.sql`alter table site add column extra text`;
  expect(await shapeInDatabase('site')).not.toEqual(shapeInCode(schema.siteTable));
  await database.sql`alter table site drop column extra`;
  expect(await shapeInDatabase('site')).toEqual(shapeInCode(schema.siteTable));
});
