import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config.ts';
import type { Keyring } from './keyring.ts';
import { keyText, openKeyring, rotationOf } from './keyring.ts';
import { withSecrets } from './secret-values.ts';
import type { TestSecrets } from './testing/test-secrets.ts';
import { openTestSecrets } from './testing/test-secrets.ts';
import { waitFor } from './testing/wait.ts';

const [first, second, third] = ['first', 'second', 'third'].map((name) => `the ${name} key of more than 32 characters`);
const schema = z.object({ SIGNING_KEY: keyText, ...rotationOf('SIGNING_KEY') });
const flood = 1_000;

let secrets: TestSecrets;
let said: string[];
let nowMs: number;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKID');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  secrets = await openTestSecrets({ SIGNING_KEY: first ?? '' });
  said = [];
  nowMs = Date.parse('2026-01-01T00:00:00Z');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await secrets.close();
});

/** What a process has after it read its configuration. */
async function start(variables: Record<string, string> = secrets.variables): Promise<Keyring> {
  const read = parseConfig(schema, await withSecrets(variables));
  if ('problem' in read) throw new Error(read.problem);
  const log = pino({}, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) });
  return openKeyring({ config: read.config, clock: { now: () => new Date(nowMs) }, log }, 'SIGNING_KEY');
}

const sign = (key: string | undefined): string =>
  createHmac('sha256', key ?? '')
    .update('text')
    .digest('hex');
const check = (keys: Keyring, signature: string): Promise<boolean> => keys.verify((key) => sign(key) === signature);
const passMinute = (): void => {
  nowMs += 60_000;
};

describe('a ring of keys', () => {
  test('signs with the current key and takes the one before', async () => {
    secrets.rotate('SIGNING_KEY', second ?? '');
    const keys = await start();
    expect(keys.current()).toBe(second);
    for (const key of [first, second]) expect(await check(keys, sign(key))).toBe(true);
    expect(secrets.asked('SIGNING_KEY')).toBe(1);
  });

  test('learns the key of a rotation from a signature that nobody knows, and keeps the one before', async () => {
    const keys = await start();
    secrets.rotate('SIGNING_KEY', second ?? '');
    expect(keys.current()).toBe(first);
    expect(await check(keys, sign(second))).toBe(true);
    expect(keys.current()).toBe(second);
    expect(await check(keys, sign(first))).toBe(true);
    passMinute();
    secrets.rotate('SIGNING_KEY', third ?? '');
    expect(await check(keys, sign(third))).toBe(true);
    expect(await check(keys, sign(second))).toBe(true);
    expect(await check(keys, sign(first))).toBe(false);
    expect(said).toEqual(Array(2).fill('a key was rotated; this process signs with the new one'));
  });

  test('asks once a minute, however many signatures are wrong', async () => {
    const keys = await start();
    for (let minute = 1; minute <= 3; minute += 1) {
      const checks = Array.from({ length: flood }, (_, place) => check(keys, `forged ${place}`));
      expect(new Set(await Promise.all(checks))).toEqual(new Set([false]));
      for (let place = 0; place < flood; place += 1) expect(await check(keys, `forged ${place}`)).toBe(false);
      expect(secrets.asked('SIGNING_KEY')).toBe(1 + minute);
      passMinute();
    }
    expect(said).toEqual([]);
  });

  test('waits a second for an answer, all together, and uses one that comes later', async () => {
    const keys = await start();
    secrets.rotate('SIGNING_KEY', second ?? '');
    secrets.behave('waits');
    const startedMs = performance.now();
    expect(await Promise.all(Array.from({ length: flood }, () => check(keys, sign(second))))).not.toContain(true);
    // One after the other they would wait a quarter of an hour.
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(await check(keys, sign(second))).toBe(false);
    expect(secrets.asked('SIGNING_KEY')).toBe(2);
    secrets.behave('answers');
    await waitFor(() => keys.current() === second);
    expect(await check(keys, sign(second))).toBe(true);
  });

  test.each([
    ['refuses', second],
    ['answers', 'short'],
  ] as const)('stays as it is when Secrets Manager %s with %s', async (how, text) => {
    const keys = await start();
    secrets.rotate('SIGNING_KEY', text ?? '');
    secrets.behave(how);
    expect(await check(keys, sign(text))).toBe(false);
    expect(keys.current()).toBe(first);
    expect(said).toEqual(['a key could not be read again; what is signed with a newer one is refused']);
    secrets.behave('answers');
    secrets.rotate('SIGNING_KEY', third ?? '');
    passMinute();
    expect(await check(keys, sign(third))).toBe(true);
  });

  test('opens although the text before the current one was too short for a key, which it does not take', async () => {
    secrets.rotate('SIGNING_KEY', 'short');
    await expect(start()).rejects.toThrow('SIGNING_KEY');
    secrets.rotate('SIGNING_KEY', second ?? '');
    const keys = await start();
    expect(keys.current()).toBe(second);
    expect(await check(keys, sign('short'))).toBe(false);
  });

  test('of a plain variable asks nobody', async () => {
    const keys = await start({ SIGNING_KEY: first ?? '' });
    expect(await check(keys, sign(first))).toBe(true);
    expect(await check(keys, sign(second))).toBe(false);
    expect(secrets.asked('SIGNING_KEY')).toBe(0);
  });
});
