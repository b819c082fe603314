import { join } from 'node:path';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(killServiceProcesses);
afterAll(() => database.drop());

const start = (variables: Record<string, string>) =>
  startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    DATABASE_URL: database.url,
    PRODUCT_URL: 'http://127.0.0.1:9',
    ...variables,
  });

describe('a process of this service', () => {
  it('migrates, and a second time changes nothing', async () => {
    for (const _ of [1, 2]) expect(await start({ MILLRACE_WORKLOAD: 'migrate' }).ended).toEqual({ code: 0, err: '' });
  }, 60_000);
  it.each([
    ['api', 401],
    ['worker', 404],
  ])(
    'as %s is ready, has metrics, and stops when it is told to',
    async (name, status) => {
      const started = start({ MILLRACE_WORKLOAD: name });
      const base = await readyUrl(started);
      expect((await fetch(`${base}/metrics`)).status).toBe(200);
      expect((await fetch(`${base}/api/orders`)).status).toBe(status);
      started.child.kill('SIGTERM');
      expect(await started.ended).toEqual({ code: 0, err: '' });
    },
    60_000,
  );
  it.each([
    ['an unknown workload', { MILLRACE_WORKLOAD: 'everything' }, 'there is api, worker'],
    ['a deadline of no time', { MILLRACE_WORKLOAD: 'worker', STOCK_DEADLINE_SECONDS: '0' }, 'STOCK_DEADLINE_SECONDS'],
    ['an address of product that is none', { MILLRACE_WORKLOAD: 'api', PRODUCT_URL: 'product' }, 'PRODUCT_URL'],
    ['a short signing key', { MILLRACE_WORKLOAD: 'api', SIGNING_KEY: 'short' }, 'SIGNING_KEY'],
  ])(
    'with %s ends with 5 and one line',
    async (_, variables, text) => {
      const { code, err } = await start(variables as Record<string, string>).ended;
      expect(code).toBe(5);
      expect(err).toContain(text);
      expect(err.trim().split('\n')).toHaveLength(1);
    },
    60_000,
  );
});
