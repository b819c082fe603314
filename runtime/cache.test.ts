import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openCache } from './cache.ts';
import { signCacheToken } from './iam-token.ts';
import type { TestValkey } from './testing/valkey-server.ts';
import { startTestValkey } from './testing/valkey-server.ts';
import { waitFor } from './testing/wait.ts';

const clock = { now: () => new Date() };
const region = 'us-east-1';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token/with+signs=' };
const user = 'dev-millrace-dashboard';
const open: { close(): Promise<void> }[] = [];
let server: TestValkey;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', credentials.sessionToken);
  server = await startTestValkey();
  open.push(server);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

test('a replication group is signed in to with a token that the credentials of the process made for its user', async () => {
  const url = `redis://${user}@127.0.0.1:${server.port}`;
  const cache = await openCache({ CACHE_URL: url, CACHE_REPLICATION_GROUP: 'dev-millrace', AWS_REGION: region }, clock);
  open.push(cache);
  await waitFor(() => server.connections[0]?.length);
  const [name, as, token = ''] = server.connections[0]?.[0] ?? [];
  expect([name, as]).toEqual(['auth', user]);
  const signedAt = new URL(`https://${token}`).searchParams.get('X-Amz-Date') ?? '';
  const at = new Date(signedAt.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
  expect(Math.abs(Date.now() - at.getTime())).toBeLessThan(60_000);
  expect(token).toBe(signCacheToken({ group: 'dev-millrace', user, region }, credentials, at));
});

test('a server without a replication group is connected to without a token', async () => {
  const config = { CACHE_URL: `redis://127.0.0.1:${server.port}`, AWS_REGION: region };
  const cache = await openCache({ ...config, CACHE_REPLICATION_GROUP: undefined }, clock);
  open.push(cache);
  await waitFor(() => server.connections[0]?.length);
  expect(server.connections[0]?.[0]).toEqual(['info']);
});

test('without an address everything stays in this process', async () => {
  const config = { CACHE_URL: undefined, CACHE_REPLICATION_GROUP: undefined, AWS_REGION: region };
  const cache = await openCache(config, clock);
  await cache.set('key', 'value', 60_000);
  expect(await cache.get('key')).toBe('value');
  expect(server.connections).toEqual([]);
});

test('a replication group without a user is refused', async () => {
  const config = {
    CACHE_URL: 'rediss://cache.example:6379',
    CACHE_REPLICATION_GROUP: 'dev-millrace',
    AWS_REGION: region,
  };
  await expect(openCache(config, clock)).rejects.toThrow('CACHE_URL names no user to sign in with IAM.');
});
