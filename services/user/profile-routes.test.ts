import { randomUUID } from 'node:crypto';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserService } from './testing/user-service.ts';
import { openUserService, register } from './testing/user-service.ts';

const me = '/api/users/me';
const ada = { email: 'ada@example.com', name: 'Ada Lovelace' };
let service: UserService;
beforeAll(async () => {
  service = await openUserService();
});
afterAll(() => service?.close());

/** What was published about somebody. */
async function told(id: string) {
  const events = (await service.committed()).filter(({ aggregateId }) => aggregateId === id);
  return events.map(({ type, aggregateVersion, data }) => ({ type, version: aggregateVersion, data }));
}

describe('a profile', () => {
  test('is made by the first PUT, which registers, and changed by a later one', async () => {
    const id = randomUUID();
    expect(await outcome(await service.ask(id, 'GET', me))).toEqual({ status: 404, slug: 'not-found' });
    const made = await service.ask(id, 'PUT', me, ada);
    expect([made.status, made.headers.get('etag'), made.headers.get('location')]).toEqual([201, '"1"', me]);
    const view = {
      id,
      ...ada,
      avatarUrl: null,
      avatar: { state: 'none' },
      version: 1,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    };
    expect(await made.json()).toEqual(view);
    const changed = await service.ask(id, 'PUT', me, { ...ada, name: 'Augusta' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await changed.json()).toEqual({ ...view, name: 'Augusta', version: 2 });
    const read = await service.ask(id, 'GET', me);
    expect([read.status, read.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await read.json()).toEqual({ ...view, name: 'Augusta', version: 2 });
    expect(await told(id)).toEqual([
      { type: 'UserRegistered', version: 1, data: { userId: id, ...ada } },
      { type: 'UserChanged', version: 2, data: { userId: id, ...ada, name: 'Augusta' } },
    ]);
  });

  test('that is saved as it is stays as it is, and nothing is published', async () => {
    const id = await register(service, ada);
    const again = await service.ask(id, 'PUT', me, { ...ada, email: 'ada@EXAMPLE.com', name: ' Ada Lovelace ' });
    expect([again.status, again.headers.get('etag')]).toEqual([200, '"1"']);
    expect(await told(id)).toHaveLength(1);
  });

  test('keeps the part before the @ as it was written, and the domain in small letters', async () => {
    const id = await register(service, { email: 'Ada.L@Example.COM' });
    expect(await (await service.ask(id, 'GET', me)).json()).toMatchObject({ email: 'Ada.L@example.com' });
  });

  test('is registered once when two first PUTs come at once, and the other one changes it', async () => {
    const id = randomUUID();
    const names = Array.from({ length: 8 }, (_, place) => `Ada ${place}`);
    const answers = await Promise.all(names.map((name) => service.ask(id, 'PUT', me, { ...ada, name })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const events = await told(id);
    expect(events.map(({ type }) => type)).toEqual(['UserRegistered', ...names.slice(1).map(() => 'UserChanged')]);
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await (await service.ask(id, 'GET', me)).json()).toMatchObject({
      version: 8,
      name: events.at(-1)?.data['name'],
    });
  });

  test('B39 is not overwritten with a stale If-Match; without one the last writer wins', async () => {
    const id = await register(service);
    const stale = { status: 412, slug: 'precondition-failed' };
    const save = (name: string, ifMatch: string) =>
      service.ask(id, 'PUT', me, { ...ada, name }, { 'if-match': ifMatch });
    expect((await save('One', '"1"')).status).toBe(200);
    expect(await outcome(await save('Two', '"1"'))).toEqual(stale);
    expect(await outcome(await service.ask(randomUUID(), 'PUT', me, ada, { 'if-match': '*' }))).toEqual(stale);
    const both = await Promise.all([save('Three', '"2"'), save('Four', '"2"')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(await told(id)).toHaveLength(3);
  });

  test("B30 is its own person's: nobody can name another one", async () => {
    const id = await register(service);
    const other = randomUUID();
    const theirs = await service.ask(other, 'GET', me);
    const missing = await service.ask(randomUUID(), 'GET', me);
    const body = async (response: Response) => ({ ...((await response.json()) as object), instance: '' });
    expect(theirs.status).toBe(404);
    expect(await body(theirs)).toEqual(await body(missing));
    expect(await outcome(await service.ask(other, 'GET', `/api/users/${id}`))).toEqual({
      status: 404,
      slug: 'not-found',
    });
  });
});

describe('a wrong profile', () => {
  const bidi = `Ada ${String.fromCodePoint(0x202e)}gpj.exe`;
  test.each([
    ['B1 no body', '', 400, 'body-required'],
    ['B2 broken JSON', '{"email":', 400, 'malformed-json'],
    ['B3 a key twice', '{"email":"a@example.com","email":"b@example.com","name":"A"}', 400, 'duplicate-key'],
    ['B10 an unknown field', { ...ada, role: 'admin' }, 422, 'unknown-field'],
    ['B11 a prototype', '{"email":"a@example.com","name":"A","__proto__":{"x":1}}', 422, 'unknown-field'],
    ['B12 a number for a name', { ...ada, name: 5 }, 422, 'type'],
    ['B12 a list for an address', { ...ada, email: ['a@example.com'] }, 422, 'type'],
    ['B15 points', { ...ada, points: 5 }, 422, 'unknown-field'],
    ['B16 a NUL', { ...ada, name: 'A\u0000' }, 422, 'control-character'],
    ['B17 a lone surrogate', '{"email":"a@example.com","name":"\\ud800"}', 422, 'invalid-unicode'],
    ['B18 a text that runs backwards', { ...ada, name: bidi }, 422, 'control-character'],
    ['no address', { name: 'Ada' }, 422, 'required'],
    ['what is no address', { ...ada, email: 'ada@' }, 422, 'format-email'],
    ['an address that is too long', { ...ada, email: `${'a'.repeat(250)}@example.com` }, 422, 'too-long'],
    ['a name of nothing', { ...ada, name: '  ' }, 422, 'too-short'],
    ['a name that is too long', { ...ada, name: 'a'.repeat(201) }, 422, 'too-long'],
    ['the number of a card', { ...ada, name: 'Ada 4111 1111 1111 1111' }, 422, 'card-number'],
  ])('%s is refused', async (_, body, status, slug) => {
    const id = randomUUID();
    expect(await outcome(await service.ask(id, 'PUT', me, body))).toEqual({ status, slug });
    expect((await service.ask(id, 'GET', me)).status).toBe(404);
  });

  test('B18 a name of any script, with faces in it, is stored in NFC', async () => {
    const name = 'A\u0308da \u{1F469}\u{1F3FD} \u05E2\u05D3\u05D4';
    const id = await register(service, { name });
    expect(await (await service.ask(id, 'GET', me)).json()).toMatchObject({ name: name.normalize('NFC') });
  });

  test('B4 another media type, B22 another method and B24 a parameter are refused', async () => {
    const id = randomUUID();
    const form = await service.ask(id, 'PUT', me, ada, { 'content-type': 'text/plain' });
    expect(await outcome(form)).toEqual({ status: 415, slug: 'unsupported-media-type' });
    const post = await service.ask(id, 'POST', me, ada);
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toMatch(/GET.*PUT.*DELETE/);
    expect(await outcome(await service.ask(id, 'GET', `${me}?id=${randomUUID()}`))).toEqual({
      status: 400,
      slug: 'unknown-parameter',
    });
  });

  test.each([
    ['GET', me],
    ['PUT', me],
    ['DELETE', me],
    ['GET', `${me}/loyalty`],
    ['POST', `${me}/avatar`],
  ])('B27 %s %s wants a token', async (method, path) => {
    const response = await service.app.request(path, { method });
    expect(response.status).toBe(401);
  });
});

test('I9 whatever a body holds, it is taken or refused', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress(), fc.jsonValue());
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({ email: text, name: text, contentType: text, sizeBytes: text }, { requiredKeys: [] }),
  );
  const request = fc.tuple(fc.constantFrom(['PUT', me] as const, ['POST', `${me}/avatar`] as const), body);
  await fc.assert(
    fc.asyncProperty(request, async ([[method, path], content]) => {
      const { status } = await service.ask(randomUUID(), method, path, JSON.stringify(content));
      expect([200, 201, 400, 404, 413, 415, 422]).toContain(status);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('the OpenAPI document says which answers there are', async () => {
  const document = (await (await service.app.request('/api/user/openapi.json')).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  };
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining([me, `${me}/avatar`, `${me}/loyalty`]));
  expect(Object.keys(document.paths[me]?.['put']?.responses ?? {})).toEqual(expect.arrayContaining(['200', '201']));
});
