import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresServer } from '@millrace/local/postgres.ts';
import { startPostgres } from '@millrace/local/postgres.ts';
import postgres from 'postgres';

/** A database of its own for one test file. */
export interface TestDatabase {
  /** The superuser's URL of the new database. */
  url: string;
  drop(): Promise<void>;
}

/** A PostgreSQL server of its own, for tests that kill it. */
export interface TestServer {
  url: string;
  port: number;
  /** `kill -9` of the postmaster. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

// Tests do not survive a power cut.
const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200', autovacuum_naptime: '5s' };

let own: Promise<TestServer> | undefined;
let count = 0;

/** Makes an empty database on the shared server (`TEST_POSTGRES_URL`, set by global-setup.ts) or on one of this process. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const shared = process.env.TEST_POSTGRES_URL;
  own ??= shared ? undefined : startTestServer();
  const serverUrl = shared ?? (await own)?.url ?? '';
  count += 1;
  const name = `test_${process.pid}_${count}`;
  await execute(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => {
      await execute(serverUrl, `drop database if exists ${name} with (force)`);
      if (own) await (await own).stop();
      own = undefined;
    },
  };
}

/** Starts a server in a folder of its own, which `stop` removes. */
export async function startTestServer(more: Record<string, string> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  const dataDir = join(folder, 'data');
  let server: PostgresServer = await startPostgres({ dataDir, settings: { ...settings, ...more } });
  const { port, url } = server;
  return {
    url,
    port,
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    start: async () => {
      server = await startPostgres({ dataDir, port, settings: { ...settings, ...more } });
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: 30, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
