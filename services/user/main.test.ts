import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let test: TestDatabase;
const children: ChildProcess[] = [];
const deadlineMs = 30_000;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => test?.drop().catch(() => undefined));

function start(variables: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env['PATH'],
      MILLRACE_ENVIRONMENT: 'dev',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: test.url,
      EVENT_BUS_NAME: 'dev-millrace',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ISSUER_URL: 'http://127.0.0.1:9',
      JWKS_URL: 'http://127.0.0.1:9/jwks',
      CLIENT_IDS: 'page',
      SIGNING_KEY: 'a key of more than thirty-two characters',
      UPLOADS_BUCKET: 'dev-millrace-uploads',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let err = '';
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, err }));
  });
  // Port 0 is a free one; the log says which.
  const url = () => /"url":"([^"]+)"/.exec(out)?.[1];
  return { child, ended, url };
}

describe('a process of this service', () => {
  it('migrates, and a second time changes nothing', async () => {
    for (const _ of [1, 2]) {
      expect(await start({ MILLRACE_WORKLOAD: 'migrate' }).ended).toEqual({ code: 0, err: '' });
    }
  });
  it.each(['api', 'worker'])(
    'as %s is ready, has metrics, and stops when it is told to',
    async (name) => {
      const { child, ended, url } = start({ MILLRACE_WORKLOAD: name });
      const base = await waitFor(url, deadlineMs);
      const get = async (path: string) => (await fetch(`${base}${path}`)).status;
      await waitFor(async () => (await get('/readyz')) === 200, deadlineMs);
      expect(await get('/metrics')).toBe(200);
      expect(await get('/api/users/me')).toBe(name === 'api' ? 401 : 404);
      child.kill('SIGTERM');
      expect(await ended).toEqual({ code: 0, err: '' });
    },
    60_000,
  );
  it.each([
    ['an unknown workload', { MILLRACE_WORKLOAD: 'everything' }, 'there is api, worker'],
    ['an unknown setting', { MILLRACE_WORKLOAD: 'api', MILLRACE_WORKLAOD: 'x' }, 'MILLRACE_WORKLAOD is not a setting'],
    ['a short signing key', { MILLRACE_WORKLOAD: 'api', SIGNING_KEY: 'short' }, 'SIGNING_KEY'],
    ['no bucket', { MILLRACE_WORKLOAD: 'worker', UPLOADS_BUCKET: '' }, 'UPLOADS_BUCKET'],
  ])('with %s ends with 5 and one line', async (_, variables, text) => {
    const { code, err } = await start(variables as Record<string, string>).ended;
    expect(code).toBe(5);
    expect(err).toContain(text);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
