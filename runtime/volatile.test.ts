import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { valkeyStore } from './valkey-store.ts';
import type { VolatileStore } from './volatile.ts';
import { memoryStore, takeFrom } from './volatile.ts';

let nowMs = 1_000_000;
const clock = { now: () => new Date(nowMs) };
const bucket = { key: 'site', capacity: 10, refillPerSecond: 5 };
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function hasRedis(): Promise<boolean> {
  return promisify(execFile)('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
}

async function startRedis(): Promise<VolatileStore> {
  const port = await freePort();
  const server = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  closing.push(async () => {
    server.kill('SIGKILL');
  });
  const deadline = Date.now() + 30_000;
  for (;;) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isUp) break;
    if (Date.now() > deadline) throw new Error('redis-server did not start');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const store = valkeyStore({ url: `redis://127.0.0.1:${port}` }, clock);
  closing.push(() => store.close());
  await expect
    .poll(
      () =>
        store.isReady().then(
          () => true,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  return store;
}

const stores: [string, () => Promise<VolatileStore>][] = [['in this process', async () => memoryStore(clock)]];
if (await hasRedis()) stores.push(['in a server', startRedis]);
else
  process.stdout.write('volatile.test.ts: no redis-server on this machine; the store in a server is not tested here\n');

describe.each(stores)('a volatile store %s', (_, open) => {
  it('keeps the first of two values that are set if absent', async () => {
    const store = await open();
    expect(await store.setIfAbsent('salt', 'one', 60_000)).toBe('one');
    expect(await store.setIfAbsent('salt', 'two', 60_000)).toBe('one');
    await store.set('salt', 'three', 60_000);
    expect(await store.get('salt')).toBe('three');
    await store.delete('salt');
    expect(await store.get('salt')).toBeUndefined();
  });

  it('lets a bucket run empty and fill again', async () => {
    const store = await open();
    expect(await store.take(bucket, 8)).toEqual({ allowed: true, remaining: 2, retryAfterMs: 0 });
    expect(await store.take(bucket, 4)).toEqual({ allowed: false, remaining: 2, retryAfterMs: 400 });
    nowMs += 400;
    expect(await store.take(bucket, 4)).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0 });
  });
});

describe('a store in this process', () => {
  it('forgets a value when its time is over', async () => {
    const store = memoryStore(clock);
    await store.set('salt', 'one', 1_000);
    nowMs += 1_001;
    expect(await store.get('salt')).toBeUndefined();
    expect(await store.setIfAbsent('salt', 'two', 1_000)).toBe('two');
  });
});

describe('a bucket', () => {
  it('never gives more than its capacity and what it refilled', () => {
    const requests = fc.array(fc.record({ waitMs: fc.nat(2_000), cost: fc.integer({ min: 1, max: 10 }) }), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(requests, (steps) => {
        let last: { level: number; atMs: number } | undefined;
        let [atMs, given] = [0, 0];
        for (const { waitMs, cost } of steps) {
          atMs += waitMs;
          const { state, level } = takeFrom(last, { bucket, cost, nowMs: atMs });
          if (state.allowed) given += cost;
          last = { level, atMs };
          expect(given).toBeLessThanOrEqual(bucket.capacity + (atMs / 1000) * bucket.refillPerSecond + 1e-6);
        }
      }),
    );
  });
});
