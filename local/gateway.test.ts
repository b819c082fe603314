import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from './gateway.ts';
import { createGateway } from './gateway.ts';
import { createRouter } from './gateway-routes.ts';
import { findFreePort } from './ports.ts';

const deadlineMs = 30_000;
let port: number;
let gateway: Gateway;
let service: Server;
let deadPort: number;
/** What the service behind the gateway does with a request. */
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void;

const base = (): string => `http://127.0.0.1:${port}`;
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  service = createServer((incoming, outgoing) => answer(incoming, outgoing));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  deadPort = await findFreePort();
  port = await findFreePort();
  gateway = createGateway({
    restartMs: 1_000,
    routes: [
      { path: '/api/analytics/*', target: `http://127.0.0.1:${portOf(service)}`, name: 'analytics' },
      { path: '/api/gone/*', target: `http://127.0.0.1:${deadPort}`, name: 'gone' },
      { path: '/*', target: `http://127.0.0.1:${portOf(service)}`, name: 'dashboard' },
    ],
  });
  await gateway.listen(port, ['127.0.0.1']);
});

afterAll(async () => {
  await gateway.close();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

/** Waits for a condition, not for a time. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends bytes as they are and gives back what comes until the other side closes. */
function exchangeBytes(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').setTimeout(deadlineMs, () => socket.destroy(new Error('no end')));
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.once('error', reject).once('close', () => resolve(text));
  });
}

test('a path goes to the exact route first, then to the longest prefix, then to the page', () => {
  const route = (path: string, name: string) => ({ path, name, target: `http://127.0.0.1:${name.length + 1000}` });
  const find = createRouter([
    route('/*', 'page'),
    route('/api/orders', 'order'),
    route('/api/orders/*', 'order'),
    route('/api/orders/archive/*', 'archive'),
    route('/t.js', 'analytics'),
  ]);
  const names = ['/', '/deep/link', '/t.js', '/t.jsx', '/api/orders', '/api/orders/1', '/api/orders/archive/1'];
  expect(names.map((path) => find(path)?.name)).toEqual([
    'page',
    'page',
    'analytics',
    'page',
    'order',
    'order',
    'archive',
  ]);
});

test.each([
  '/metrics',
  '/readyz',
  '/healthz',
  '/api/nothing',
  '/api/orders/../../metrics',
  '/api/orders/%2e%2e/%2E%2e/metrics',
  '/api/orders/..\\..\\metrics',
  '//metrics',
])('%s leads nowhere', (path) => {
  const target = 'http://127.0.0.1:1';
  const find = createRouter([
    { path: '/*', name: 'page', target },
    { path: '/api/orders/*', name: 'order', target },
  ]);
  expect(find(path)).toBeUndefined();
});

test('headers, repeated ones too, and the body arrive as they were sent; our hop is the last of X-Forwarded-For', async () => {
  let seen: { raw: string[]; body: string; url: string | undefined } | undefined;
  answer = (incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      seen = { raw: incoming.rawHeaders, body: Buffer.concat(parts).toString(), url: incoming.url };
      outgoing.writeHead(
        201,
        [
          ['X-One', '1'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Keep-Alive', 'timeout=1'],
        ].flat(),
      );
      outgoing.end('made');
    });
  };
  const text = await exchangeBytes(
    [
      'POST /api/analytics/collect?a=%20b HTTP/1.1',
      'Host: shop.example',
      'Authorization: Bearer one',
      'Authorization: Bearer two',
      'X-Forwarded-For: 6.6.6.6',
      'X-Forwarded-Proto: https',
      'X-Secret: cut',
      'Connection: close, X-Secret',
      'Content-Length: 4',
      '',
      'body',
    ].join('\r\n'),
  );
  const pairs = new Map<string, string[]>();
  for (let index = 0; index < (seen?.raw.length ?? 0); index += 2) {
    const name = seen?.raw[index]?.toLowerCase() ?? '';
    pairs.set(name, [...(pairs.get(name) ?? []), seen?.raw[index + 1] ?? '']);
  }
  expect(seen?.url).toBe('/api/analytics/collect?a=%20b');
  expect(seen?.body).toBe('body');
  expect(pairs.get('host')).toEqual(['shop.example']);
  expect(pairs.get('authorization')).toEqual(['Bearer one', 'Bearer two']);
  expect(pairs.get('x-forwarded-for')).toEqual(['6.6.6.6, 127.0.0.1']);
  expect(pairs.get('x-forwarded-proto')).toEqual(['http']);
  expect(pairs.get('x-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect(pairs.has('x-secret')).toBe(false);
  expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
  expect(text.match(/Set-Cookie: [ab]=\d/g)).toEqual(['Set-Cookie: a=1', 'Set-Cookie: b=2']);
  expect(text).not.toContain('timeout=1');
  expect(text).toContain('made');
});

test('a stream arrives piece by piece, and ends at the service when the caller goes', async () => {
  let isGone = false;
  let push: (text: string) => void = () => undefined;
  answer = (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.flushHeaders();
    push = (text) => void outgoing.write(text);
    outgoing.once('close', () => {
      isGone = true;
    });
  };
  const caller = new AbortController();
  const response = await fetch(`${base()}/api/analytics/live`, { signal: caller.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  push('data: 1\n\n');
  expect((await reader?.read())?.value).toBe('data: 1\n\n');
  push('data: 2\n\n');
  expect((await reader?.read())?.value).toBe('data: 2\n\n');
  caller.abort();
  await until(() => isGone);
});

test('an upload streams through before it is whole', async () => {
  const seen: string[] = [];
  answer = (incoming, outgoing) => {
    incoming.setEncoding('utf8').on('data', (part: string) => seen.push(part));
    incoming.on('end', () => outgoing.end(seen.join('')));
  };
  const response = new Promise<string>((resolve, reject) => {
    const upload = request({ port, host: '127.0.0.1', path: '/api/analytics/import', method: 'POST' }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      incoming.on('end', () => resolve(text));
    });
    upload.once('error', reject);
    upload.write('one ');
    void until(() => seen.length === 1).then(() => upload.end('two'));
  });
  expect(await response).toBe('one two');
});

test('an answer before the end of the body arrives whole, and the connection closes', async () => {
  answer = (incoming, outgoing) => {
    outgoing.writeHead(413, { 'content-length': 5, connection: 'close' });
    outgoing.end('large');
    incoming.resume();
  };
  const body = 'x'.repeat(2_000_000);
  const text = await exchangeBytes(
    `POST /api/analytics/collect HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n${body}`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
  expect(text).toMatch(/connection: close/i);
  expect(text.endsWith('large')).toBe(true);
});

test('an abort of the caller reaches the service within the request', async () => {
  let [isThere, isGone] = [false, false];
  answer = (incoming) => {
    isThere = true;
    incoming.resume();
    incoming.once('close', () => {
      isGone = true;
    });
  };
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('POST /api/analytics/collect HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
  });
  socket.on('error', () => undefined);
  await until(() => isThere);
  socket.destroy();
  await until(() => isGone);
});

test('a service that is away is 503 with Retry-After, one that breaks off is 502, never a 500', async () => {
  const away = await fetch(`${base()}/api/gone/thing`);
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toBe('1');
  expect(away.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(await away.json()).toEqual({
    type: 'https://millrace.example/problems/unavailable',
    title: 'Service unavailable',
    status: 503,
    detail: 'gone does not answer at the moment. Try again.',
    instance: away.headers.get('x-request-id'),
  });
  answer = (incoming) => incoming.socket.destroy();
  const broken = await fetch(`${base()}/api/analytics/stats`, { method: 'POST', body: 'x' });
  expect(broken.status).toBe(502);
  expect(broken.headers.get('retry-after')).toBe('1');
});

test('an answer that breaks off half way is not made whole', async () => {
  answer = (incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': 10 });
    outgoing.write('half', () => incoming.socket.destroy());
  };
  await expect(fetch(`${base()}/api/analytics/stats`).then((response) => response.text())).rejects.toThrow();
});

test.each([
  ['GET', null],
  ['POST', null],
  ['POST', 'thing'],
])('a pooled connection that was closed meanwhile costs a %s of %s nothing', async (method, body) => {
  answer = (incoming, outgoing) => incoming.resume().once('end', () => outgoing.end('fine'));
  for (let round = 0; round < 20; round += 1) {
    expect(await (await fetch(`${base()}/api/analytics/stats`, { method, body })).text()).toBe('fine');
    service.closeAllConnections();
  }
});

test('HEAD, 204 and 304 have no body and the connection stays usable', async () => {
  answer = (incoming, outgoing) => {
    if (incoming.method === 'HEAD') outgoing.writeHead(200, { 'content-length': 1_000 }).end();
    else outgoing.writeHead(incoming.url === '/empty' ? 204 : 304).end();
  };
  const head = await fetch(`${base()}/page`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
  expect((await fetch(`${base()}/empty`)).status).toBe(204);
  expect((await fetch(`${base()}/same`)).status).toBe(304);
});

test.each([
  ['a URL of 9 KB', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 414],
  ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['200 headers', `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${'X-A: b\r\n'.repeat(200)}\r\n`, 431],
  ['two Host headers', 'GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400],
  ['no Host header', 'GET /x HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['an absolute URL', 'GET http://a/metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
  ['bytes that are not HTTP', 'hello\r\n\r\n', 400],
])('%s is refused', async (_what, bytes, status) => {
  answer = (_incoming, outgoing) => outgoing.end('reached');
  const text = await exchangeBytes(bytes);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});
