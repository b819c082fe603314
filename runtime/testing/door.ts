// What every service's door refuses in the same way; each service's own tests say where its door is.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listening } from '../listen.ts';
import { listen } from '../listen.ts';
import type { App } from '../server.ts';
import { as, outcome } from './callers.ts';

/** The routes of a service that stand for all of its kind. */
interface Door {
  app: App;
  /** Whom `read` and `list` belong to. */
  owner: string;
  /** Answers 200 to its owner, the same each time. */
  read: string;
  /** A page of many things. */
  list: string;
  /** One thing, in whose place `:id` stands. */
  one?: string;
  /** Routes that ask for a scope, and methods of them. */
  scoped?: readonly (readonly [method: string, path: string])[];
}

/** What a page, a proxy that is not ours or a caller may write; nothing of it says who somebody is or where we are. */
const forged = {
  'x-user-id': 'somebody-else',
  'x-forwarded-user': 'somebody-else',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'gopher',
  'x-forwarded-prefix': '/evil.example',
  'x-forwarded-for': '1.2.3.4, 5.6.7.8',
  'x-original-url': '/api/evil.example',
  'x-http-method-override': 'DELETE',
  forwarded: 'for=1.2.3.4;host=evil.example',
};

/** Somebody at a door; to be used within tests. */
interface Visitor {
  door(): Door;
  url(): string;
  ask(path: string, headers?: Record<string, string>, method?: string): Promise<Response>;
  /** What an answer says. */
  hear(path: string, headers?: Record<string, string>, method?: string): ReturnType<typeof outcome>;
}

/** Declares the tests. `open` is called before them. */
export function testDoor(open: () => Door | Promise<Door>): void {
  describe('the door', () => {
    let door: Door;
    let server: Listening;
    beforeAll(async () => {
      door = await open();
      server = await listen(door.app, { host: '127.0.0.1', port: 0, drainMs: 1_000 });
    });
    afterAll(() => server.close());
    const ask: Visitor['ask'] = (path, headers = {}, method = 'GET') =>
      fetch(`${server.url}${path}`, { method, headers: { ...as(door.owner), ...headers } });
    const hear: Visitor['hear'] = async (...asked) => outcome(await ask(...asked));
    const visitor: Visitor = { door: () => door, url: () => server.url, ask, hear };
    testEnvelope(visitor);
    testQueries(visitor);
    testCallers(visitor);
  });
}

function testEnvelope({ door, url, ask, hear }: Visitor): void {
  test('B19 too many and too large headers are refused', async () => {
    const head = `GET ${door().read} HTTP/1.1\r\nHost: a\r\n`;
    expect(await statusOf(url(), `${head}X-A: ${'a'.repeat(40_000)}\r\n\r\n`)).toBe(431);
    expect(await statusOf(url(), `${head}${'X-A: b\r\n'.repeat(200)}\r\n`)).toBe(431);
  });
  test('B20 a URL of 9 kB is refused', async () => {
    expect(await hear(`${door().read}?q=${'a'.repeat(9_000)}`)).toEqual({ status: 414, slug: 'uri-too-long' });
  });
  test.each(['x', '1', '..%2f..', '%252e%252e%252f', '018f0000-0000-7000-8000-00000000000g', '018f0000'])(
    'B21 the id %s is none',
    async (id) => {
      const { one } = door();
      if (one) expect(await hear(one.replace(':id', id))).toEqual({ status: 404, slug: 'not-found' });
    },
  );
  test('B21 a path or a query that is badly encoded is refused', async () => {
    const paths = ['%00', '%zz', '%ff'].flatMap((id) => [
      `${door().list}?cursor=${id}`,
      door().one?.replace(':id', id),
    ]);
    for (const path of paths) {
      if (path) expect(await hear(path)).toEqual({ status: 400, slug: 'bad-encoding' });
    }
  });
  test('B22 an unknown route, another method and TRACE are refused', async () => {
    expect(await hear(`${door().read}/no/such/route`)).toEqual({ status: 404, slug: 'not-found' });
    const other = await ask(door().read, {}, 'PROPFIND');
    expect(other.headers.get('allow')).toContain('GET');
    expect(await outcome(other)).toEqual({ status: 405, slug: 'method-not-allowed' });
    expect(await statusOf(url(), `TRACE ${door().read} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(405);
  });
  test('B23 a caller that takes only XML gets nothing', async () => {
    const answer = { status: 406, slug: 'not-acceptable' };
    expect(await hear(door().read, { accept: 'application/xml' })).toEqual(answer);
  });
}

function testQueries({ door, hear }: Visitor): void {
  test('B24 a parameter that is unknown or stands twice is refused', async () => {
    expect(await hear(`${door().list}?limit=1&limit=9`)).toEqual({ status: 400, slug: 'duplicate-parameter' });
    expect(await hear(`${door().list}?colour=red`)).toEqual({ status: 400, slug: 'unknown-parameter' });
  });
  test('B25 a list of an impossible length, another order or a made-up cursor is refused', async () => {
    for (const limit of ['0', '-1', '101', '1e9', '1.5', 'x', '']) {
      expect((await hear(`${door().list}?limit=${limit}`)).status).toBe(422);
    }
    expect(await hear(`${door().list}?sort=name;drop`)).toEqual({ status: 400, slug: 'unknown-parameter' });
    for (const cursor of ['AAAA', 'A'.repeat(40), '%F0%9F%92%A9', '']) {
      expect(await hear(`${door().list}?cursor=${cursor}`)).toEqual({ status: 400, slug: 'bad-cursor' });
    }
    expect((await hear(`${door().list}?cursor=${'A'.repeat(600)}`)).status).toBe(422);
  });
}

function testCallers({ door, url, ask, hear }: Visitor): void {
  test('B31 a scope that is missing is 403', async () => {
    for (const [method, path] of door().scoped ?? []) {
      expect(await hear(path, {}, method)).toEqual({ status: 403, slug: 'insufficient-scope' });
    }
  });
  test('B43 forged headers of proxies and people change nothing', async () => {
    const [plain, dressed] = await Promise.all([ask(door().read), ask(door().read, forged)]);
    expect(dressed.status).toBe(plain.status);
    expect(plain.status).toBe(200);
    const answer = await dressed.text();
    expect(answer).toBe(await plain.text());
    expect(`${answer} ${JSON.stringify([...dressed.headers])}`).not.toMatch(/evil|somebody-else|gopher/);
    const lied = `GET ${door().read} HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer ${door().owner}\r\nConnection: close\r\n\r\n`;
    const bytes = await exchange(url(), lied);
    expect(bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(bytes).not.toContain('evil');
  });
}

async function statusOf(url: string, bytes: string): Promise<number> {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(await exchange(url, bytes))?.[1]);
}

/** Sends bytes as they are. @returns what comes back until the other end closes, or has answered. */
async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (part) => {
    answer += part.toString('utf8');
    if (answer.includes('\r\n\r\n') && !bytes.includes('Connection: close')) socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close', { signal: AbortSignal.timeout(30_000) });
  return answer;
}
