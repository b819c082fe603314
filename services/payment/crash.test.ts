import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startCharger } from './charger.ts';
import type { PaymentService } from './testing/payments.ts';
import {
  deadlineMs,
  heldOf,
  openPayments,
  requestPayment,
  requestRefund,
  saidOf,
  stateOf,
} from './testing/payments.ts';

let service: PaymentService;
let charger: { close(): Promise<void> } | undefined;
const children = new Set<Worker>();
beforeAll(async () => {
  service = await openPayments();
});
afterEach(async () => {
  await Promise.all([...children].map((worker) => worker.kill()));
  await charger?.close();
  charger = undefined;
});
afterAll(async () => {
  await service.close();
});

interface Worker {
  child: ChildProcess;
  ended: Promise<unknown[]>;
  /** Waits until it came so far. */
  reached(point: string): Promise<unknown>;
  kill(): Promise<void>;
}

async function startWorker(fault = ''): Promise<Worker> {
  const program = join(import.meta.dirname, 'testing', 'worker-process.ts');
  const child = spawn(process.execPath, [program, service.own.config.DATABASE_URL, String(deadlineMs), fault], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'exit');
  const worker: Worker = {
    child,
    ended,
    reached: (point) => waitFor(() => said.includes(`${point}\n`), 30_000),
    kill: async () => {
      children.delete(worker);
      child.kill('SIGKILL');
      await ended;
    },
  };
  children.add(worker);
  await worker.reached('ready');
  return worker;
}

/** A worker that is well, in this process. */
function startWell(): void {
  charger = startCharger({ own: service.own, provider: service.provider, deadlineMs, concurrency: 16 });
}
const waitForState = (attemptId: string, state: string): Promise<boolean> =>
  waitFor(async () => (await stateOf(service.sql, attemptId)) === state, 30_000);

const tokens = [
  ['tok_ok', 'captured', 'PaymentProcessed 5000'],
  ['tok_declined', 'declined', 'PaymentFailed declined'],
  ['tok_timeout_after_charge', 'captured', 'PaymentProcessed 5000'],
  ['tok_error_once', 'captured', 'PaymentProcessed 5000'],
  ['tok_error_always', 'failed', 'PaymentFailed provider-error'],
] as const;
const points = ['before-charge', 'after-charge'] as const;
const cases = tokens.flatMap((token) => points.map((point) => [...token, point] as const));

describe('F1, F4: kill -9 of the worker', () => {
  test.each(cases)(
    '%s ends %s (%s) after a kill %s: charged once or never',
    async (paymentToken, state, said, point) => {
      const doomed = await startWorker(`kill@${point}`);
      const { attemptId } = await requestPayment(service, { paymentToken });
      expect(await doomed.ended).toEqual([null, 'SIGKILL']);
      expect(await saidOf(service, attemptId)).toEqual([]);
      startWell();
      await waitForState(attemptId, state);
      expect(await saidOf(service, attemptId)).toEqual([said]);
      const captured = state === 'captured' ? 5_000 : 0;
      expect(await heldOf(service.sql, attemptId)).toEqual({ charges: captured ? 1 : 0, captured, refunded: 0 });
    },
    120_000,
  );

  test('while it blocks a charge that was given up: it is failed once', async () => {
    const doomed = await startWorker('kill@after-block');
    const { attemptId } = await requestPayment(service, { paymentToken: 'tok_error_always' });
    expect(await doomed.ended).toEqual([null, 'SIGKILL']);
    startWell();
    await waitForState(attemptId, 'failed');
    expect(await saidOf(service, attemptId)).toEqual(['PaymentFailed provider-error']);
  }, 120_000);

  test.each(['before-refund', 'after-refund'])(
    'F36 crash %s at the provider: given back once',
    async (point) => {
      const doomed = await startWorker(`kill@${point}`);
      const asked = await requestPayment(service);
      await waitForState(asked.attemptId, 'captured');
      await requestRefund(service, asked);
      expect(await doomed.ended).toEqual([null, 'SIGKILL']);
      expect(await stateOf(service.sql, asked.attemptId)).toBe('refunding');
      const refunded = point === 'after-refund' ? 5_000 : 0;
      expect(await heldOf(service.sql, asked.attemptId)).toEqual({ charges: 1, captured: 5_000, refunded });
      startWell();
      await waitForState(asked.attemptId, 'refunded');
      expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentProcessed 5000', 'PaymentRefunded 5000']);
      expect(await heldOf(service.sql, asked.attemptId)).toEqual({ charges: 1, captured: 5_000, refunded: 5_000 });
    },
    120_000,
  );
});

describe('F5: a zombie, stopped past its loan and continued', () => {
  test.each([
    ['tok_ok', 'before-charge', 'captured', 'PaymentProcessed 5000'],
    ['tok_ok', 'after-charge', 'captured', 'PaymentProcessed 5000'],
    ['tok_timeout_after_charge', 'before-charge', 'captured', 'PaymentProcessed 5000'],
    ['tok_error_once', 'before-charge', 'captured', 'PaymentProcessed 5000'],
    ['tok_error_always', 'before-charge', 'failed', 'PaymentFailed provider-error'],
  ])(
    '%s, stopped %s: %s, and nothing is doubled',
    async (paymentToken, point, state, said) => {
      const zombie = await startWorker(`stop@${point}`);
      const { attemptId } = await requestPayment(service, { paymentToken });
      await zombie.reached(point);
      startWell();
      await waitForState(attemptId, state);
      const held = await heldOf(service.sql, attemptId);
      zombie.child.kill('SIGCONT');
      await zombie.reached('after-charge');
      zombie.child.kill('SIGTERM');
      expect(await zombie.ended).toEqual([0, null]);
      expect(await heldOf(service.sql, attemptId)).toEqual(held);
      expect(held.captured).toBe(state === 'captured' ? 5_000 : 0);
      expect([await saidOf(service, attemptId), await stateOf(service.sql, attemptId)]).toEqual([[said], state]);
    },
    120_000,
  );

  test('one that was to charge wakes after the refund: nothing is charged any more', async () => {
    const zombie = await startWorker('stop@before-charge');
    const asked = await requestPayment(service);
    await zombie.reached('before-charge');
    await requestRefund(service, asked);
    startWell();
    await waitForState(asked.attemptId, 'void');
    zombie.child.kill('SIGCONT');
    await zombie.reached('after-charge');
    zombie.child.kill('SIGTERM');
    expect(await zombie.ended).toEqual([0, null]);
    expect(await saidOf(service, asked.attemptId)).toEqual(['PaymentRefunded 0']);
    expect(await heldOf(service.sql, asked.attemptId)).toEqual({ charges: 0, captured: 0, refunded: 0 });
  }, 120_000);
});

test('random kills of two workers under load: I1 holds for every attempt, and each is answered once', async () => {
  const workers = await Promise.all([startWorker(), startWorker()]);
  const asked: { attemptId: string; isBack: boolean; token: string }[] = [];
  let isDone = false;
  const load = (async () => {
    // Goes on after the kills where they came too soon for it.
    while (!isDone || asked.length <= 20) {
      const [token] = tokens[Math.floor(Math.random() * tokens.length)] ?? tokens[0];
      const data = await requestPayment(service, { paymentToken: token });
      const isBack = Math.random() < 0.4;
      if (isBack) await requestRefund(service, data);
      asked.push({ attemptId: data.attemptId, isBack, token });
    }
  })();
  for (let round = 0; round < 8; round += 1) {
    await delay(100 + Math.random() * 300);
    await workers[round % 2]?.kill();
    workers[round % 2] = await startWorker();
  }
  isDone = true;
  await load;
  await waitFor(async () => (await service.sql`select 1 from payment where due_at is not null`).length === 0, 120_000);
  expect(asked.length).toBeGreaterThan(20);
  const said = Map.groupBy(await service.committed(), ({ data }) => data['attemptId'] as string);
  for (const { attemptId, isBack, token } of asked) {
    const { charges, captured, refunded } = await heldOf(service.sql, attemptId);
    const isTaken = !isBack && ['tok_ok', 'tok_timeout_after_charge', 'tok_error_once'].includes(token);
    expect([attemptId, captured - refunded, charges <= 1]).toEqual([attemptId, isTaken ? 5_000 : 0, true]);
    const types = (said.get(attemptId) ?? []).map(({ type }) => type);
    expect(types.filter((type) => type === 'PaymentRefunded')).toHaveLength(isBack ? 1 : 0);
    expect(types.filter((type) => type !== 'PaymentRefunded').length).toBeLessThanOrEqual(1);
    if (!isBack) expect(types).toEqual([isTaken ? 'PaymentProcessed' : 'PaymentFailed']);
  }
}, 300_000);
