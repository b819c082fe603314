import { join } from 'node:path';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let home: TestDatabase;
beforeAll(async () => {
  home = await createTestDatabase();
});
afterEach(killServiceProcesses);
afterAll(() => home?.drop().catch(() => undefined));

const start = (variables: Record<string, string>) =>
  startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    DATABASE_URL: home.url,
    UPLOADS_BUCKET: 'dev-millrace-uploads',
    ...variables,
  });

describe('a process of this service', () => {
  it('migrates, and a second time changes nothing', async () => {
    for (const _ of [1, 2]) {
      expect(await start({ MILLRACE_WORKLOAD: 'migrate' }).ended).toEqual({ code: 0, err: '' });
    }
  });
  it.each(['api', 'worker'])(
    'as %s is ready, has metrics, and stops when it is told to',
    async (name) => {
      const started = start({ MILLRACE_WORKLOAD: name });
      const base = await readyUrl(started);
      const get = async (path: string) => (await fetch(`${base}${path}`)).status;
      expect(await get('/metrics')).toBe(200);
      expect(await get('/api/users/me')).toBe(name === 'api' ? 401 : 404);
      started.child.kill('SIGTERM');
      expect(await started.ended).toEqual({ code: 0, err: '' });
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
