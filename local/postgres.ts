import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { MachineFault } from './fault.ts';
import { findFreePort } from './ports.ts';
import { findPostgres, postgresCommand } from './postgres-binaries.ts';
import type { Account } from './postgres-cluster.ts';
import {
  collectLines,
  endLeftover,
  ensureCluster,
  machineReason,
  readPassword,
  readPostmaster,
} from './postgres-cluster.ts';

const readyMs = 60_000;
const stopMs = 20_000;
const startAttempts = 60;

/** A running PostgreSQL server. */
export interface PostgresServer {
  /** The superuser's URL of the database `postgres`. */
  url: string;
  port: number;
  pid: number;
  /** Settles when the server ended, whoever ended it. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

interface PostgresOptions {
  dataDir: string;
  /** A free one when it is 0 or missing. */
  port?: number;
  log?: (line: string) => void;
  /** More settings of postgresql.conf, such as `{ fsync: 'off' }` in a test. */
  settings?: Record<string, string>;
}

/** Small, durable, and only on this machine. */
const standard: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Thirteen processes with databases, up to ten connections each, and what people open beside them.
  max_connections: '300',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  huge_pages: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  lc_messages: 'C',
  track_io_timing: 'on',
  // After a crash one call instead of one for each of a thousand files: 0.1 s instead of 2.
  recovery_init_sync_method: 'syncfs',
  // A client that was killed does not hold its locks for long.
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '10',
};

/**
 * Starts PostgreSQL on 127.0.0.1 in a folder that it makes on first use, and waits until it answers.
 * Ends what a killed session left there. Works as root too.
 * @throws MachineFault with the remedy when the machine refuses.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const native = await findPostgres();
  const settings = { ...standard, ...options.settings };
  const account = await ensureCluster(native, options.dataDir, { sync: settings.fsync !== 'off' });
  const dataDir = await realpath(options.dataDir);
  const port = options.port || (await findFreePort());
  const url = `postgres://postgres:${await readPassword(dataDir)}@127.0.0.1:${port}/postgres`;
  for (let attempt = 1; ; attempt += 1) {
    await endLeftover(dataDir);
    const server = launch({ native, dataDir, account, port, settings, ...(options.log && { log: options.log }) });
    const trouble = await waitUntilReady(server, dataDir);
    if (!trouble)
      return { url, port, pid: server.child.pid ?? 0, exited: server.exited, stop: () => stopServer(server) };
    if (/could not create any TCP\/IP sockets/.test(trouble)) {
      throw new MachineFault(`PostgreSQL's port ${port} is taken by another process. End it, then start again.`);
    }
    // The backends of a killed server hold its shared memory for a moment.
    const isPassing = /shared memory block|lock file "postmaster.pid"/i.test(trouble);
    if (!isPassing || attempt >= startAttempts) throw machineReason(trouble, dataDir);
    await delay(150);
  }
}

interface Launched {
  child: ChildProcess;
  lines: string[];
  exited: Promise<string>;
}

function launch(options: {
  native: string;
  dataDir: string;
  account: Account;
  port: number;
  settings: Record<string, string>;
  log?: (line: string) => void;
}): Launched {
  const { native, dataDir, account, port, settings, log } = options;
  const pairs = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const run = postgresCommand(join(native, 'bin', 'postgres'), ['-D', dataDir, ...pairs], account);
  // A session of its own: Ctrl-C in the terminal reaches the supervisor, which stops the services first.
  const child = spawn(run.command, run.args, {
    ...run.account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  });
  const lines = collectLines(child, log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  return { child, lines, exited };
}

/** @returns nothing when the server answers, otherwise the line that says why it does not. */
async function waitUntilReady(server: Launched, dataDir: string): Promise<string | undefined> {
  const state: { ended?: string } = {};
  void server.exited.then((how) => {
    state.ended = how;
  });
  const deadline = Date.now() + readyMs;
  while (Date.now() < deadline) {
    if (state.ended) return server.lines.find((line) => line.includes('FATAL')) ?? server.lines.at(-1) ?? state.ended;
    const seen = await readPostmaster(dataDir);
    if (seen?.pid === server.child.pid && seen?.state === 'ready') return undefined;
    await delay(15);
  }
  server.child.kill('SIGQUIT');
  return `not ready after ${readyMs / 1000} s`;
}

async function stopServer(server: Launched): Promise<void> {
  const isRunning = server.child.exitCode === null && server.child.signalCode === null;
  if (!isRunning) return;
  server.child.kill('SIGINT');
  const timer = setTimeout(() => server.child.kill('SIGQUIT'), stopMs);
  await server.exited;
  clearTimeout(timer);
}

/**
 * Makes a database and the role that owns it, unless they exist. The role has the superuser's password.
 * @param url the superuser's URL
 * @returns the role's URL of that database
 */
export async function ensureDatabase(url: string, options: { name: string; role: string }): Promise<string> {
  const target = new URL(url);
  const sql = postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined });
  try {
    const roles = await sql`select 1 from pg_roles where rolname = ${options.role}`;
    const password = decodeURIComponent(target.password).replaceAll("'", "''");
    if (roles.length === 0)
      await sql`create role ${sql(options.role)} login password ${sql.unsafe(`'${password}'`)}`.catch(ignoreExisting);
    const databases = await sql`select 1 from pg_database where datname = ${options.name}`;
    if (databases.length === 0)
      await sql`create database ${sql(options.name)} owner ${sql(options.role)}`.catch(ignoreExisting);
  } finally {
    await sql.end({ timeout: 5 });
  }
  target.username = options.role;
  target.pathname = `/${options.name}`;
  return target.href;
}

/** Two processes may do it at once; the second one's refusal is what we wanted. Codes: duplicate role, database, key. */
function ignoreExisting(error: unknown): void {
  if (error instanceof postgres.PostgresError && ['42710', '42P04', '23505'].includes(error.code)) return;
  throw error;
}
