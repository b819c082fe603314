import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from '@millrace/local/ports.ts';
import type { PostgresServer } from '@millrace/local/postgres.ts';
import { startPostgres } from '@millrace/local/postgres.ts';
import postgres from 'postgres';

/** A process that a bench started and will end. */
export interface Worker {
  pid: number;
  url: string;
  /** From spawn to the first 200 of the path that was waited for, in milliseconds. */
  startMs: number;
  stop(): Promise<void>;
  /** Nothing while it runs, and when a signal ended it. */
  exitCode(): number | null;
}

/** A durable PostgreSQL (fsync on) in a folder of its own, and processes beside it. */
export interface Stage {
  server: PostgresServer;
  /** Makes a database; `linkMs` puts a link of that latency before it. */
  database(name: string, linkMs?: number): Promise<string>;
  /** Starts a program that listens on a port of ours. */
  worker(options: WorkerOptions): Promise<Worker>;
  close(): Promise<void>;
}

interface WorkerOptions {
  args: (port: number) => string[];
  env?: (port: number) => Record<string, string>;
  cwd?: string;
  /** The path that answers when the program is up. */
  readyPath: string;
  /** Any answer will do, not only 200. */
  isAnyStatus?: boolean;
}

/** What ends with this process, however it ends. */
const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) endProcess(pid);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    // It has ended by itself.
  }
}

export const root = join(import.meta.dirname, '..');
const readyMs = 90_000;

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const server = await startPostgres({ dataDir: join(folder, 'postgres') });
  const closing: (() => Promise<void>)[] = [];
  running.add(server.pid);
  return {
    server,
    database: async (name, linkMs = 0) => {
      const admin = postgres(server.url, { max: 1, onnotice: () => undefined });
      await admin.unsafe(`create database ${name}`);
      await admin.end();
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      if (linkMs === 0) return url.href;
      const link = spawn(
        process.execPath,
        [join(import.meta.dirname, 'link.ts'), String(server.port), String(linkMs)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      closing.push(() => stopWorker(link));
      const [port] = (await once(link.stdout, 'data')) as [Buffer];
      url.port = port.toString('utf8').trim();
      return url.href;
    },
    worker: async (options) => {
      const worker = await startWorker(options);
      closing.push(worker.stop);
      return worker;
    },
    close: async () => {
      for (const close of closing.reverse()) await close();
      await server.stop();
      running.delete(server.pid);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a program and waits for its first answer. @throws when it ends or stays silent for a minute and a half. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const child = spawn(process.execPath, options.args(port), {
    cwd: options.cwd ?? root,
    env: { PATH: process.env.PATH, ...options.env?.(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const pid = child.pid ?? 0;
  running.add(pid);
  child.once('exit', () => running.delete(pid));
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said = (said + bytes.toString('utf8')).slice(-2_000);
  });
  for (;;) {
    const isUp = await fetch(url + options.readyPath, { signal: AbortSignal.timeout(1_000) }).then(
      async (response) => {
        await response.arrayBuffer();
        return options.isAnyStatus === true || response.status === 200;
      },
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || performance.now() - startedAt > readyMs) {
      child.kill('SIGKILL');
      throw new Error(`${options.args(port).join(' ')} did not start: ${said}`);
    }
    await wait(2);
  }
  const startMs = performance.now() - startedAt;
  return { pid, url, startMs, stop: () => stopWorker(child), exitCode: () => child.exitCode };
}

async function stopWorker(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const isGone = await Promise.race([gone.then(() => true), wait(30_000, false)]);
  if (!isGone) child.kill('SIGKILL');
  await gone;
}
