import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { knowArrays } from './database-arrays.ts';
import { startListening } from './database-listen.ts';
import { Pool } from './database-pool.ts';
import type { ParsedOptions, RunnableQuery } from './database-session.ts';
import { ConnectionFault, routeQueries, Session } from './database-session.ts';
import { withDeadline } from './deadline.ts';

/** A transaction of Drizzle, as stores and consumers get it. */
export type Transaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

/**
 * A database, through a bounded pool. Every query and every wait for a connection has a deadline; a lost connection
 * is replaced at once. Values: `timestamptz` is a Date, `date` and `bigint` are strings, `jsonb` is parsed.
 */
export interface Database {
  /** postgres.js: prepared statements, one round trip. */
  sql: postgres.Sql;
  /** Drizzle over the same pool. */
  db: PostgresJsDatabase;
  /** Hears notifications, for ever, across losses. `onListening` is called after every connect: look then at what was missed. */
  listen(channel: string, onNotify: (payload: string) => void, onListening?: () => void): Promise<() => Promise<void>>;
  /** The longest statement. A connection whose statement is not even ended then is given up a second later. */
  statementTimeoutMs: number;
  /** Settles when the database answers; rejects within two seconds when it does not. */
  isReady(): Promise<void>;
  /** Finishes what runs and closes within five seconds. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  applicationName: string;
  poolSize: number;
  /** Asks for an IAM token at each connection instead of using a password. Needs `region`. */
  iam?: boolean;
  region?: string;
  /** Asked for at each connection instead of using the URL's password, where another than IAM's token is wanted. */
  password?: () => Promise<string>;
  /** Longest statement; 5 seconds. Our own deadline is one second later. 0 means an hour, for migrations. */
  statementTimeoutMs?: number;
  /** Redshift knows fewer settings and cannot use prepared statements of postgres.js. */
  kind?: 'aurora' | 'warehouse';
}

const connectTimeoutSeconds = 4;
const acquireMs = 5_000;
const readyMs = 2_000;
const marginMs = 1_000;
const hourMs = 3_600_000;

/** Opens a database. It connects at the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
  const deadlineMs = (statementTimeoutMs || hourMs) + marginMs;
  const template = makeTemplate(options, statementTimeoutMs);
  const password = options.iam ? iamPassword(options) : options.password;
  const parsed = template.options as unknown as ParsedOptions;
  const openSession = (onNotify?: (channel: string, payload: string) => void): Session =>
    new Session({ options: parsed, deadlineMs, password, onNotify });
  const pool = new Pool({ size: options.poolSize, waitMs: acquireMs, open: () => openSession() });
  const listening = startListening(openSession);
  const sql = makeClient(template, pool, listening.listen);
  const db = drizzle(sql);
  mendTypes(parsed);
  knowArrays(parsed);
  return {
    sql,
    db,
    listen: listening.listen,
    statementTimeoutMs: statementTimeoutMs || hourMs,
    isReady: () => checkReady(sql),
    close: async () => {
      await Promise.all([listening.close(), pool.close()]);
    },
  };
}

/** The postgres.js client under a transaction or database of Drizzle: prepared statements, one round trip each. */
export function sqlOf(transaction: Transaction | PostgresJsDatabase | postgres.ISql): postgres.ISql {
  if (typeof transaction === 'function') return transaction;
  const { session } = transaction as unknown as { session: { client: postgres.ISql } };
  return session.client;
}

/** What `pack` puts between values. JSON text and names never hold it: it is a control character. */
export const packSeparator = '\u001e';

/**
 * Many values as one parameter, for `unnest(string_to_array(${pack(texts)}, ${packSeparator}))`. An array would have every
 * quote escaped, which for JSON text is most of the cost of an insert.
 */
export const pack = (values: readonly (string | number)[]): string => values.join(packSeparator);

function makeTemplate(options: DatabaseOptions, statementTimeoutMs: number): postgres.Sql {
  const isWarehouse = options.kind === 'warehouse';
  const hasTlsMode = new URL(options.url).searchParams.has('sslmode');
  return postgres(options.url, {
    max: 1,
    connect_timeout: connectTimeoutSeconds,
    fetch_types: false,
    prepare: !isWarehouse,
    onnotice: () => undefined,
    ...(options.iam && !hasTlsMode && { ssl: 'verify-full' as const }),
    connection: {
      application_name: options.applicationName,
      ...(!isWarehouse && {
        statement_timeout: statementTimeoutMs,
        lock_timeout: 2_000,
        idle_in_transaction_session_timeout: 15_000,
        TimeZone: 'UTC',
      }),
    },
  });
}

/** Drizzle hands dates and JSON over as text and reads them as text; with these both it and plain queries work. */
function mendTypes(options: ParsedOptions): void {
  const [date, timestamp, timestamptz, json, jsonb] = [1082, 1114, 1184, 114, 3802];
  options.parsers[timestamptz] = (text: string) => new Date(text);
  const toText = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value);
  for (const type of [date, timestamp, timestamptz]) options.serializers[type] = toText;
  const toJson = (value: unknown): unknown => (typeof value === 'string' ? value : JSON.stringify(value));
  for (const type of [json, jsonb]) options.serializers[type] = toJson;
}

function makeClient(template: postgres.Sql, pool: Pool, listen: Database['listen']): postgres.Sql {
  const route = (query: RunnableQuery): void => {
    void runOnPool(pool, query);
  };
  const begin = async (first: unknown, second?: unknown): Promise<unknown> => {
    const [mode, work] = second === undefined ? ['', first] : [String(first), second];
    const session = await pool.acquire();
    try {
      return await session.begin(mode, work as (sql: postgres.TransactionSql) => Promise<unknown>);
    } finally {
      pool.release(session);
    }
  };
  return Object.assign(routeQueries(template, route) as object, {
    options: template.options,
    parameters: template.parameters,
    PostgresError: postgres.PostgresError,
    begin,
    end: () => pool.close(),
    listen: async (channel: string, onNotify: (payload: string) => void, onListening?: () => void) => {
      const unlisten = await listen(channel, onNotify, onListening);
      return { unlisten };
    },
  }) as unknown as postgres.Sql;
}

async function runOnPool(pool: Pool, query: RunnableQuery): Promise<void> {
  let session: Session;
  try {
    session = await pool.acquire();
  } catch (error) {
    query.reject(error);
    return;
  }
  await session.run(query);
  pool.release(session);
}

async function checkReady(sql: postgres.Sql): Promise<void> {
  const late = (): Error =>
    new ConnectionFault('CONNECTION_DEADLINE', `The database did not answer within ${readyMs} ms.`);
  await withDeadline(sql`select 1`, readyMs, late);
}

function iamPassword(options: DatabaseOptions): () => Promise<string> {
  const url = new URL(options.url);
  const { region } = options;
  if (!region) throw new Error('IAM database authentication needs a region.');
  const target = { host: url.hostname, port: Number(url.port || 5432), user: decodeURIComponent(url.username), region };
  return async () => {
    const { createIamToken } = await import('./iam-token.ts');
    return createIamToken(target);
  };
}
