import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, id, outcome, post, raw, server, startNotes, stopNotes, token } from './testing/notes-app.ts';

beforeAll(startNotes);
afterAll(stopNotes);

describe('the envelope', () => {
  it.each([
    [
      'B9 length and chunked together',
      'POST /api/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['B19 a header of 40 kB', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['B19 200 headers', `GET /api/notes/${id} HTTP/1.1\r\nHost: a\r\n${'X-A: b\r\n'.repeat(200)}\r\n`, 431],
    ['B20 a URL of 9 kB', `GET /api/notes/${id}?q=${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['B21 a bad percent sign', 'GET /api/notes/%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['B21 an encoded NUL', 'GET /api/notes/%00 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['B21 a path that climbs', 'GET /api/notes/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n', 404],
    ['B22 TRACE', 'TRACE /api/notes HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ])('%s gets its status', async (_, bytes, status) => {
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
  it('B22 an unknown route is 404 and a wrong method is 405 with Allow', async () => {
    expect(await outcome(await fetch(`${server.url}/nothing`))).toEqual({ status: 404, slug: 'not-found' });
    const response = await fetch(`${server.url}/api/notes`, { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    expect(await outcome(response)).toEqual({ status: 405, slug: 'method-not-allowed' });
  });
  it('B23 a caller that takes only XML gets 406', async () => {
    const headers = { accept: 'application/xml', authorization: `Bearer ${await token()}` };
    const response = await fetch(`${server.url}/api/notes/${id}`, { headers });
    expect(await outcome(response)).toEqual({ status: 406, slug: 'not-acceptable' });
  });
  it('B44 a preflight of another origin is refused', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const response = await fetch(`${server.url}/api/notes`, { method: 'OPTIONS', headers });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(await outcome(response)).toEqual({ status: 403, slug: 'foreign-origin' });
  });
  it('a failing dependency is 503 with Retry-After, and our own fault says nothing of itself', async () => {
    const away = await fetch(`${server.url}/api/notes/database`, { method: 'DELETE' });
    expect(away.headers.get('retry-after')).toBe('1');
    expect(await outcome(away)).toEqual({ status: 503, slug: 'unavailable' });
    const fault = await fetch(`${server.url}/api/notes/fault`, { method: 'DELETE' });
    expect(fault.status).toBe(500);
    expect(await fault.text()).not.toContain('secret');
    const refused = await fetch(`${server.url}/api/notes/refused`, { method: 'DELETE' });
    expect(await outcome(refused)).toEqual({ status: 409, slug: 'invalid-state' });
  });
});

describe('the query', () => {
  const ask = async (search: string) => {
    const headers = { authorization: `Bearer ${await token()}` };
    return outcome(await fetch(`${server.url}/api/notes/${id}${search}`, { headers }));
  };
  it.each([
    ['?limit=5', { status: 200 }],
    ['?limit=1&limit=9', { status: 400, slug: 'duplicate-parameter' }],
    ['?colour=red', { status: 400, slug: 'unknown-parameter' }],
    ['?__proto__=1', { status: 400, slug: 'unknown-parameter' }],
    ['?limit=0', { status: 422, slug: 'range', errors: ['/query/limit range'] }],
  ])('B24 B25 %s', async (search, expected) => {
    expect(await ask(search)).toEqual(expected);
  });
});

describe('the documents', () => {
  it('are an OpenAPI 3.1 document and a page without scripts', async () => {
    const document = (await (await fetch(`${server.url}/api/notes/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { security?: object[]; parameters?: object[] }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/api/notes', '/api/notes/{id}']);
    expect(document.paths['/api/notes/{id}']?.get?.security).toEqual([{ accessToken: ['notes:read'] }]);
    expect(document.paths['/api/notes']?.post?.parameters).toEqual([
      {
        name: 'Note-Colour',
        in: 'header',
        description: 'Of <paper>.',
        required: false,
        schema: { type: 'string', pattern: '^[a-z]+$' },
      },
    ]);
    const page = await (await fetch(`${server.url}/api/notes/docs`)).text();
    expect(page).toContain('<dt><code>Note-Colour</code></dt><dd>Of &lt;paper&gt;.</dd>');
    expect(page).toContain('/api/notes/:id');
    expect(page).not.toContain('<script');
  });
  it('the metrics count answers by route', async () => {
    await post(good);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/http_requests_total\{method="POST",route="\/api\/notes",status="201"\} \d+/);
  });
});
