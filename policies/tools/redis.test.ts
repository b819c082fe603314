import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findTool } from './build-tool.ts';
import { findFreePort } from './free-port.ts';

const makingMs = 20 * 60_000;
const deadlineMs = 30_000;
const password = 'a-password';
const folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
let server: ChildProcess;
let port = 0;

beforeAll(async () => {
  // A PATH with Go and no Redis.
  const go = execFileSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).trim();
  symlinkSync(go, join(folder, 'go'));
  vi.stubEnv('PATH', folder);
  const program = await findTool('redis-server');
  port = await findFreePort();
  const words = ['--bind', '127.0.0.1', '--port', String(port), '--requirepass', password];
  server = spawn(program, [...words, '--save', '', '--appendonly', 'no', '--daemonize', 'no'], { stdio: 'pipe' });
  await until(async () => (await ask('PING')).startsWith('-NOAUTH'));
}, makingMs);
afterAll(() => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('the Redis for machines that have none', () => {
  it('answers those only who know the password', async () => {
    expect(await ask('GET', 'a')).toMatch(/^-NOAUTH/);
    expect(await ask('HELLO', '3', 'AUTH', 'default', 'another')).toMatch(/^-WRONGPASS/);
    expect(await withPassword((client) => client.ask('PING'))).toBe('+PONG\r\n');
  });

  it('does what the cache of Argo CD asks of it', async () => {
    await withPassword(async ({ ask: say }) => {
      expect(await say('SET', 'app|1', 'state', 'ex', '3600')).toBe('+OK\r\n');
      expect(await say('SET', 'app|1', 'other', 'ex', '3600', 'nx')).toBe('_\r\n');
      expect(await say('GET', 'app|1')).toBe('$5\r\nstate\r\n');
      expect(await say('RENAME', 'app|1', 'app|2')).toBe('+OK\r\n');
      // Argo CD knows a cache miss by this text.
      expect(await say('RENAME', 'app|1', 'app|2')).toBe('-ERR no such key\r\n');
      expect(await say('SCAN', '0', 'match', 'app|*', 'count', '10000')).toBe('*2\r\n$1\r\n0\r\n*1\r\n$5\r\napp|2\r\n');
      expect(await say('DEL', 'app|2')).toBe(':1\r\n');
      expect(await say('GET', 'app|2')).toBe('_\r\n');
    });
  });

  it('forgets a key when its time is over', async () => {
    await withPassword(async ({ ask: say }) => {
      await say('SET', 'short', 'x', 'px', '50');
      await until(async () => (await say('GET', 'short')) === '_\r\n');
    });
  });

  it('tells subscribers what is published', async () => {
    await withPassword(async (subscriber) => {
      expect(await subscriber.ask('SUBSCRIBE', 'news')).toBe('>3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n');
      const told = subscriber.next();
      expect(await withPassword((client) => client.ask('PUBLISH', 'news', 'hello'))).toBe(':1\r\n');
      expect(await told).toBe('>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n');
    });
  });

  it('refuses a word that it does not know, and ends when told so', async () => {
    const wrong = spawn(server.spawnfile, ['--save', '60 1'], { stdio: 'ignore' });
    expect(await once(wrong, 'exit')).not.toEqual([0, null]);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });
});

interface Client {
  ask(...words: string[]): Promise<string>;
  next(): Promise<string>;
}

/** One connection; each answer here is so short that it comes in one piece. */
async function withClient<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect', { signal: AbortSignal.timeout(deadlineMs) });
  const next = async (): Promise<string> => {
    const [chunk] = (await once(socket, 'data', { signal: AbortSignal.timeout(deadlineMs) })) as [Buffer];
    return chunk.toString();
  };
  const say = (...words: string[]): Promise<string> => {
    const answer = next();
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
    return answer;
  };
  try {
    return await use({ ask: say, next });
  } finally {
    socket.destroy();
  }
}

const ask = (...words: string[]): Promise<string> => withClient((client) => client.ask(...words));

const withPassword = <Result>(use: (client: Client) => Promise<Result>): Promise<Result> =>
  withClient(async (client) => {
    // What a client of Argo CD says first.
    expect(await client.ask('HELLO', '3', 'AUTH', 'default', password)).toContain('server');
    return use(client);
  });

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await isSo().catch(() => false)).toBe(true), { timeout: deadlineMs });
}
