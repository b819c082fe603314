import { join } from 'node:path';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { from } from './testing/people.ts';

let home: TestDatabase;
beforeAll(async () => {
  home = await createTestDatabase();
});
afterEach(killServiceProcesses);
afterAll(async () => {
  await home?.drop();
});

const start = (variables: Record<string, string>) =>
  startServiceProcess(join(import.meta.dirname, 'main.ts'), { DATABASE_URL: home.url, MAIL_FROM: from, ...variables });

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
      const get = (path: string) => fetch(`${base}${path}`);
      const metrics = await (await get('/metrics')).text();
      expect(metrics.includes('notification_mails_total{outcome="given-up"} 0')).toBe(name === 'worker');
      expect((await get('/api/notifications')).status).toBe(name === 'api' ? 401 : 404);
      started.child.kill('SIGTERM');
      expect(await started.ended).toEqual({ code: 0, err: '' });
    },
    60_000,
  );
  it.each([
    ['an unknown workload', { MILLRACE_WORKLOAD: 'everything' }, 'there is api, worker'],
    ['a short signing key', { MILLRACE_WORKLOAD: 'api', SIGNING_KEY: 'short' }, 'SIGNING_KEY'],
    ['no sender', { MILLRACE_WORKLOAD: 'worker', MAIL_FROM: '' }, 'MAIL_FROM'],
    ['SMTP without a server', { MILLRACE_WORKLOAD: 'worker', MAIL_TRANSPORT: 'smtp' }, 'SMTP_URL: needed when'],
    ['a server that is none', { MILLRACE_WORKLOAD: 'worker', SMTP_URL: 'http://x' }, 'SMTP_URL'],
  ])('with %s ends with 5 and one line', async (_, variables, text) => {
    const { code, err } = await start(variables as Record<string, string>).ended;
    expect(code).toBe(5);
    expect(err).toContain(text);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
