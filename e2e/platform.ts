import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What `make up` writes once everything is ready. */
export interface Endpoints {
  gateway: string;
  aws: string;
  issuer: string;
  services: Record<string, string>;
  /** Tells the AWS-compatible endpoint to fail, delay, duplicate. */
  control: string;
  databases: Record<string, string>;
  pids: Record<string, number>;
}

/** A whole platform in processes of its own, in a folder of its own, on free ports. */
export interface Platform {
  endpoints: Endpoints;
  dataDir: string;
  token(scopes: string, sub?: string): Promise<string>;
  createSite(domain: string, sub?: string): Promise<string>;
  /** Kills a process with SIGKILL, by its name in endpoints.json. */
  kill(name: string): Promise<void>;
  /** Waits until the supervisor has started it again. */
  untilBack(name: string, timeoutMs: number): Promise<void>;
  /** The numbers of the processes that run now, by name. */
  pids(): Record<string, number>;
  /** Ends a process with SIGTERM, as a deploy does. */
  terminate(name: string): Promise<void>;
  /** Paces a load; not for waiting on a condition. */
  pause(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..');
const startMs = 150_000;
/** More than all graces of a stop together. */
const stopMs = 45_000;
/** A process that ended by itself starts again after a pause. */
const aliveMs = 30_000;

/** Starts a platform, with settings of services, and waits until it is ready. @throws with what it printed when it does not come up. */
export async function startPlatform(
  options: { dataDir?: string; variables?: Record<string, string> } = {},
): Promise<Platform> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-e2e-'));
  const child = spawn(process.execPath, [join(root, 'local', 'main.ts')], {
    env: { ...process.env, ...options.variables, PORT: '0', DATA_DIR: dataDir, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString('utf8')));
  child.stderr.on('data', (bytes: Buffer) => (printed += bytes.toString('utf8')));
  const file = join(dataDir, 'endpoints.json');
  const deadline = Date.now() + startMs;
  while (!existsSync(file)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGTERM');
      throw new Error(`the platform did not start:\n${printed}`);
    }
    await wait(50);
  }
  return platformOf({ child, dataDir, file, isTemporary: !options.dataDir });
}

/** The platform that all tests of this run share, or one of its own when there is none. */
export async function sharedPlatform(): Promise<Platform> {
  const dataDir = process.env.TEST_PLATFORM_DIR;
  if (!dataDir) return startPlatform();
  return platformOf({ dataDir, file: join(dataDir, 'endpoints.json'), isTemporary: false });
}

function platformOf(parts: { child?: ChildProcess; dataDir: string; file: string; isTemporary: boolean }): Platform {
  const read = (): Endpoints => JSON.parse(readFileSync(parts.file, 'utf8')) as Endpoints;
  const endpoints = read();
  const killed = new Map<string, number>();
  const signal = async (name: string, kind: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const deadline = Date.now() + aliveMs;
    for (;;) {
      const pid = read().pids[name];
      if (pid && isSent(pid, kind)) {
        killed.set(name, pid);
        return;
      }
      if (Date.now() > deadline) throw new Error(`there is no process ${name}`);
      await wait(20);
    }
  };
  const token = async (scopes: string, sub: string = randomUUID()): Promise<string> => {
    const body = JSON.stringify({ sub, email: `${sub}@example.com`, scopes: scopes.split(' ') });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${endpoints.gateway}/local/token`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { access_token: string }).access_token;
  };
  return {
    endpoints,
    dataDir: parts.dataDir,
    token,
    createSite: async (domain, sub) => {
      const authorization = `Bearer ${await token('analytics:write analytics:read', sub)}`;
      const headers = { 'content-type': 'application/json', authorization };
      const body = JSON.stringify({ name: domain, domain });
      const response = await fetch(`${endpoints.gateway}/api/analytics/sites`, { method: 'POST', headers, body });
      if (response.status !== 201) throw new Error(`no site: ${response.status} ${await response.text()}`);
      return ((await response.json()) as { id: string }).id;
    },
    pids: () => read().pids,
    kill: (name) => signal(name, 'SIGKILL'),
    terminate: (name) => signal(name, 'SIGTERM'),
    untilBack: async (name, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const pid = read().pids[name];
        if (pid && pid !== killed.get(name)) return;
        if (Date.now() > deadline) throw new Error(`${name} did not come back`);
        await wait(20);
      }
    },
    pause: (milliseconds) => wait(milliseconds),
    stop: () => stopPlatform(parts),
  };
}

/** @returns false when the process has ended meanwhile. */
function isSent(pid: number, kind: 'SIGKILL' | 'SIGTERM'): boolean {
  try {
    return process.kill(pid, kind);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function stopPlatform(parts: { child?: ChildProcess; dataDir: string; isTemporary: boolean }): Promise<void> {
  const { child } = parts;
  if (child && child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const isGone = await Promise.race([gone.then(() => true), wait(stopMs, false)]);
    if (!isGone) child.kill('SIGKILL');
    await gone;
  }
  if (parts.isTemporary) rmSync(parts.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
