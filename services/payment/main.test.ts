import { join } from 'node:path';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { webhookKey } from './testing/payments.ts';

let home: TestDatabase;
beforeAll(async () => {
  home = await createTestDatabase();
});
afterEach(killServiceProcesses);
afterAll(async () => {
  await home?.drop().catch(() => undefined);
});

const start = (variables: Record<string, string>) =>
  startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    DATABASE_URL: home.url,
    WEBHOOK_KEY: webhookKey,
    WEBHOOK_URL: 'http://127.0.0.1:9/api/payments/webhook',
    ...variables,
  });

describe('a process of this service', () => {
  it('migrates, and a second time changes nothing', async () => {
    for (const _ of [1, 2]) expect(await start({ MILLRACE_WORKLOAD: 'migrate' }).ended).toEqual({ code: 0, err: '' });
  });

  it.each(['api', 'worker'])(
    'as %s is ready, has metrics, and stops when it is told to',
    async (name) => {
      const started = start({ MILLRACE_WORKLOAD: name });
      const base = await readyUrl(started);
      const get = async (path: string) => (await fetch(`${base}${path}`)).status;
      expect(await get('/metrics')).toBe(200);
      expect(await get('/api/payments')).toBe(name === 'api' ? 401 : 404);
      started.child.kill('SIGTERM');
      expect(await started.ended).toEqual({ code: 0, err: '' });
    },
    60_000,
  );

  it.each([
    ['an unknown workload', { MILLRACE_WORKLOAD: 'charger' }, 'there is api, worker and migrate'],
    ['an unknown provider', { MILLRACE_WORKLOAD: 'worker', PAYMENT_PROVIDER: 'stripe' }, 'PAYMENT_PROVIDER'],
    ['a short webhook key', { MILLRACE_WORKLOAD: 'api', WEBHOOK_KEY: 'short' }, 'WEBHOOK_KEY'],
    ['a deadline of nothing', { MILLRACE_WORKLOAD: 'worker', CHARGE_DEADLINE_MS: '0' }, 'CHARGE_DEADLINE_MS'],
    ['an unknown setting', { MILLRACE_WORKLOAD: 'api', MILLRACE_WORKLAOD: 'x' }, 'MILLRACE_WORKLAOD is not a setting'],
  ])('with %s ends with 5 and one line', async (_, variables, text) => {
    const { code, err } = await start(variables as Record<string, string>).ended;
    expect(code).toBe(5);
    expect(err).toContain(text);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
