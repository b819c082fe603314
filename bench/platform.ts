import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoints } from '@millrace/local/endpoints.ts';
import { readEndpoints } from '@millrace/local/endpoints.ts';
import { root } from './stage.ts';

/** The whole platform as `make up` starts it, in a folder of its own and on free ports. */
export interface Platform {
  endpoints: Endpoints;
  /** A header that lets its bearer call every API. */
  authorizationOf(sub: string, scopes?: string[]): Promise<string>;
  stop(): Promise<void>;
}

const startMs = 120_000;
const stopMs = 30_000;

/** Starts it and waits until everything is ready. @throws Error with what it printed when it does not come up. */
export async function startPlatform(): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-platform-'));
  const child = spawn(process.execPath, [join(root, 'local/main.ts')], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  let printed = '';
  const note = (bytes: Buffer): void => {
    printed = (printed + bytes.toString('utf8')).slice(-4_000);
  };
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const stop = async (): Promise<void> => {
    process.off('exit', end);
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      if (!(await Promise.race([gone.then(() => true), wait(stopMs, false)]))) child.kill('SIGKILL');
      await gone;
    }
    rmSync(dataDir, { recursive: true, force: true });
  };
  const file = join(dataDir, 'endpoints.json');
  for (const deadline = performance.now() + startMs; ; await wait(50)) {
    const endpoints = await readEndpoints(file);
    if (endpoints) return { endpoints, authorizationOf: tokensOf(endpoints), stop };
    if (child.exitCode === null && performance.now() < deadline) continue;
    await stop();
    throw new Error(`the platform did not start:\n${printed}`);
  }
}

const tokensOf =
  ({ gateway }: Endpoints): Platform['authorizationOf'] =>
  async (sub, scopes = ['openid']) => {
    const body = JSON.stringify({ sub, email: `${sub}@example.com`, scopes });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${gateway}/local/token`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
    return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
  };
