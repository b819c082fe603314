import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Redis } from 'iovalkey';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isTransient } from './failure.ts';
import type { TestValkey } from './testing/valkey-server.ts';
import { startTestValkey } from './testing/valkey-server.ts';
import { waitFor } from './testing/wait.ts';
import type { ValkeyTarget } from './valkey-connection.ts';
import { valkeyStore } from './valkey-store.ts';
import type { VolatileStore } from './volatile.ts';

const clock = { now: () => new Date() };
const user = 'dev-millrace-dashboard';
const open: { close(): Promise<void> }[] = [];
let server: TestValkey;

beforeEach(async () => {
  server = await startTestValkey();
  open.push(server);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

function store(target: Omit<ValkeyTarget, 'url'> = {}): VolatileStore {
  const name = target.password ? `${user}@` : '';
  const made = valkeyStore({ url: `redis://${name}127.0.0.1:${server.port}`, ...target }, clock);
  open.push(made);
  return made;
}

/** Passwords with the number of the attempt. */
function numbered(): () => Promise<string> {
  let count = 0;
  return async () => {
    count += 1;
    return `token-${count}`;
  };
}

const isReady = (made: VolatileStore): Promise<boolean> =>
  made.isReady().then(
    () => true,
    () => false,
  );
const signIns = (): string[][] => server.connections.flat().filter(([name]) => name === 'auth');

test('each connection signs in first, with the user of the address and a password of its own', async () => {
  const made = store({ password: numbered() });
  await waitFor(() => isReady(made));
  server.cut();
  await waitFor(() => server.connections.length === 2 && isReady(made));
  expect(server.connections.map(([first]) => first)).toEqual([
    ['auth', user, 'token-1'],
    ['auth', user, 'token-2'],
  ]);
});

test('a command that comes before the password fails and connects nobody', async () => {
  let give: (password: string) => void = () => undefined;
  const made = store({ password: () => new Promise((resolve) => (give = resolve)) });
  await expect(made.get('key')).rejects.toThrow('The cache does not answer.');
  expect(server.connections).toEqual([]);
  give('token');
  await waitFor(() => isReady(made));
  expect(signIns()).toEqual([['auth', user, 'token']]);
});

test('a refused sign-in is tried again with a fresh password, and says why meanwhile', async () => {
  const wrong = 'WRONGPASS invalid username-password pair or user is disabled.';
  let isRight = false;
  server.onAuth = () => (isRight ? '+OK' : `-${wrong}`);
  const made = store({ password: numbered() });
  await waitFor(() => signIns().length >= 2);
  const fault = await made.get('key').catch((error: unknown) => error);
  expect(fault).toMatchObject({ message: 'The cache does not answer.', cause: { message: wrong } });
  expect(isTransient(fault)).toBe(true);
  isRight = true;
  await waitFor(() => isReady(made));
  const passwords = signIns().map(([, , password]) => password);
  expect(passwords).toEqual(passwords.map((_, place) => `token-${place + 1}`));
  expect(await made.get('key')).toBeUndefined();
});

test('a sign-in that is not answered is given up, and the next one has a fresh password', async () => {
  server.onAuth = ([, , password]) => (password === 'token-1' ? undefined : '+OK');
  const made = store({ password: numbered() });
  await waitFor(() => isReady(made));
  expect(signIns().map(([, , password]) => password)).toEqual(['token-1', 'token-2']);
});

test('a password that cannot be had, or never comes, is asked for again', async () => {
  let count = 0;
  const made = store({
    password: async () => {
      count += 1;
      if (count === 1) throw new Error('no credentials');
      return count === 2 ? new Promise(() => undefined) : 'token';
    },
  });
  await waitFor(async () => {
    const fault = (await made.isReady().catch((error: unknown) => error)) as Error | undefined;
    return fault?.cause instanceof Error && fault.cause.message === 'no credentials';
  });
  await waitFor(() => isReady(made));
  expect(count).toBe(3);
});

test('a connection that lasts signs in again before AWS would end it, and outlives a refusal', async () => {
  const made = store({ password: numbered(), renewMs: 20 });
  await waitFor(() => isReady(made));
  server.onAuth = ([, , password]) => (password === 'token-3' ? '-WRONGPASS no' : '+OK');
  await waitFor(() => signIns().some(([, , password]) => password === 'token-4'));
  expect(await isReady(made)).toBe(true);
  expect(server.connections).toHaveLength(1);
});

test('without a password nobody signs in, and a lost connection is replaced all the same', async () => {
  const made = store();
  await waitFor(() => isReady(made));
  server.cut();
  await waitFor(() => server.connections.length === 2 && isReady(made));
  expect(signIns()).toEqual([]);
});

test('a server that has become a replica is left for the one that the address leads to now', async () => {
  const made = store();
  await waitFor(() => isReady(made));
  server.refusal = "-READONLY You can't write against a read only replica.";
  const fault = await made.set('key', 'value', 1_000).catch((error: unknown) => error);
  expect(isTransient(fault)).toBe(true);
  server.refusal = undefined;
  await waitFor(() => server.connections.length === 2 && isReady(made));
  await made.set('key', 'value', 1_000);
});

test('a server that is gone without a word is given up', async () => {
  server.onAuth = ([, , password]) => (password === 'token-2' ? undefined : '+OK');
  const made = store({ password: numbered(), renewMs: 20 });
  await waitFor(() => server.connections.length === 2 && isReady(made));
});

test.runIf(hasServer())(
  'a real server with the rights of the cloud takes a user in, puts it out and takes it in again',
  async () => {
    const { admin, port } = await startServer();
    // The rights are those of terraform/modules/cache/users.tf.
    const rights = 'on ~* resetchannels -@all +@read +@write +@connection +@scripting -@dangerous +info'.split(' ');
    await admin.call('ACL', 'SETUSER', user, ...rights, '>right');
    // Each is tried once, and the last one from then on.
    const passwords = ['wrong', 'right'];
    const password = async (): Promise<string> => (passwords.length > 1 ? passwords.shift() : passwords[0]) ?? '';
    const made = valkeyStore({ url: `redis://${user}@127.0.0.1:${port}`, password }, clock);
    open.push(made);
    await waitFor(() => isReady(made));
    expect(await made.setIfAbsent('key', 'value', 60_000)).toBe('value');
    expect(await made.take({ key: 'site', capacity: 2, refillPerSecond: 1 }, 1)).toMatchObject({ allowed: true });
    await made.delete('other');
    await admin.call('ACL', 'SETUSER', user, 'resetpass', '>new');
    passwords.push('new');
    await admin.call('CLIENT', 'KILL', 'USER', user);
    await waitFor(() => isReady(made));
    expect(await made.get('key')).toBe('value');
    // Passwords were refused, commands were not.
    const refusals = (await admin.call('ACL', 'LOG')) as string[][];
    expect(refusals.map(([, , , reason]) => reason)).toEqual(['auth']);
  },
);

test('closing ends what waits for a password or an answer', async () => {
  server.onAuth = () => undefined;
  const made = store({ password: numbered() });
  await waitFor(() => signIns().length === 1);
  await made.close();
  await expect(made.get('key')).rejects.toThrow('The cache does not answer.');
});

function hasServer(): boolean {
  try {
    execFileSync('redis-server', ['--version']);
    return true;
  } catch {
    process.stdout.write('valkey-connection.test.ts: no redis-server on this machine; rights are not tested here\n');
    return false;
  }
}

async function startServer(): Promise<{ admin: Redis; port: number }> {
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings);
  const admin = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  admin.on('error', () => undefined);
  open.push({
    close: async () => {
      admin.disconnect();
      child.kill('SIGKILL');
    },
  });
  await admin.ping();
  return { admin, port };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
