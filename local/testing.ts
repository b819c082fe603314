import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoints } from './endpoints.ts';
import { readEndpoints } from './endpoints.ts';

const startDeadlineMs = 90_000;
const stopDeadlineMs = 60_000;
const pollMs = 50;

/** A platform in processes of its own, as `make up` runs it. */
export interface TestPlatform {
  dataDir: string;
  /** Read anew: processes that started again have other numbers. */
  endpoints(): Promise<Endpoints>;
  /** What it printed so far. */
  output(): string;
  /** The supervisor. */
  pid: number;
  /** Ends the supervisor and waits for it. @returns its exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

interface TestPlatformOptions {
  /** A temporary folder when it is missing. */
  dataDir?: string;
  /** A free one when it is missing. */
  port?: number;
  /** More variables, such as `{ LOG_LEVEL: 'debug' }`. */
  variables?: Record<string, string>;
}

/** Starts `node local/main.ts` and waits until it is ready. Whoever starts it ends it. */
export async function startTestPlatform(options: TestPlatformOptions & { dataDir: string }): Promise<TestPlatform> {
  const { dataDir } = options;
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: { ...process.env, ...options.variables, PORT: String(options.port ?? 0), DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (part: Buffer): void => {
    output = (output + part.toString('utf8')).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const state: { how?: number | NodeJS.Signals } = {};
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      state.how = code ?? signal ?? 1;
      resolve(state.how);
    });
  });
  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    const how = await exited;
    clearTimeout(late);
    return how;
  };
  const path = join(dataDir, 'endpoints.json');
  const deadline = Date.now() + startDeadlineMs;
  // A file of an earlier run may still lie there: the right one names this supervisor.
  while ((await readEndpoints(path).catch(() => undefined))?.pids['supervisor'] !== child.pid) {
    if (state.how !== undefined) throw new Error(`the platform ended (${state.how}):\n${output}`);
    if (Date.now() > deadline) {
      await end('SIGTERM');
      throw new Error(`the platform was not ready in time:\n${output}`);
    }
    await delay(pollMs);
  }
  const endpoints = async (): Promise<Endpoints> => {
    const found = await readEndpoints(path);
    if (!found) throw new Error(`the platform is not running:\n${output}`);
    return found;
  };
  return { dataDir, endpoints, output: () => output, pid: child.pid ?? 0, end };
}

/** Runs `use` with a whole platform on free ports in a folder of its own, and takes both away. */
export async function withPlatform<Result>(
  options: TestPlatformOptions,
  use: (platform: TestPlatform) => Promise<Result>,
): Promise<Result> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'millrace-platform-')));
  try {
    const platform = await startTestPlatform({ ...options, dataDir });
    try {
      return await use(platform);
    } finally {
      await platform.end('SIGTERM');
    }
  } finally {
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
  }
}

/** An access token of the platform's issuer. */
export async function askForToken(
  gatewayUrl: string,
  claims: { sub: string; email?: string; scopes: readonly string[] },
): Promise<string> {
  const response = await fetch(new URL('/local/token', gatewayUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { access_token: string }).access_token;
}
