import { is, SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { getTableConfig, PgDialect } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';

/** What a table consists of, as code and database can both say it. */
export interface TableShape {
  columns: Record<string, string>;
  primaryKey: string[];
  indexes: Record<string, string[]>;
  checks: string[];
}

const dialect = new PgDialect();

/** The tables that the code believes in, by name: give it a service's whole `schema.ts`. */
export function shapesInCode(schema: Record<string, unknown>): Record<string, TableShape> {
  const shapes = Object.values(schema).map((table) => [
    getTableConfig(table as PgTable).name,
    shapeInCode(table as PgTable),
  ]);
  return Object.fromEntries(shapes) as Record<string, TableShape>;
}

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

/** The tables that the migrations made in the schema `public`, but for their own ledger and the tests' broker. */
export async function shapesInDatabase(sql: postgres.Sql): Promise<Record<string, TableShape>> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and relname <> 'schema_migration' and relname not like 'test\\_%'
    order by relname`;
  const shapes = await Promise.all(tables.map(async ({ name }) => [name, await shapeInDatabase(sql, name)] as const));
  return Object.fromEntries(shapes);
}

async function shapeInDatabase(sql: postgres.Sql, name: string): Promise<TableShape> {
  const columns = await sql<{ name: string; type: string; isRequired: boolean; hasDefault: boolean }[]>`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "isRequired",
      atthasdef or attidentity <> '' as "hasDefault"
    from pg_attribute where attrelid = ${name}::regclass and attnum > 0 and not attisdropped order by attnum`;
  const indexes = await sql<{ name: string; isPrimary: boolean; columns: string[] }[]>`
    select relname as name, indisprimary as "isPrimary", array(
      select trim('"' from pg_get_indexdef(indexrelid, n, true)) from generate_series(1, indnkeyatts) as n order by n) as columns
    from pg_index join pg_class on pg_class.oid = indexrelid where indrelid = ${name}::regclass`;
  const checks = await sql<{ name: string }[]>`
    select conname as name from pg_constraint where conrelid = ${name}::regclass and contype = 'c' order by conname`;
  return {
    columns: Object.fromEntries(
      columns.map((column) => [
        column.name,
        `${typeName(column.type)}${column.isRequired ? ' not null' : ''}${column.hasDefault ? ' default' : ''}`,
      ]),
    ),
    primaryKey: indexes.find((index) => index.isPrimary)?.columns ?? [],
    indexes: Object.fromEntries(
      indexes.filter((index) => !index.isPrimary).map((index) => [index.name, index.columns]),
    ),
    checks: checks.map((check) => check.name),
  };
}
