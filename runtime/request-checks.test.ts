import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { good, post, raw, startNotes, stopNotes } from './testing/notes-app.ts';

beforeAll(startNotes);
afterAll(stopNotes);

describe('the body', () => {
  it('is taken when it is right', async () => {
    expect(await post(good)).toEqual({ status: 201 });
  });
  const cases: [string, string | Uint8Array<ArrayBuffer>, object][] = [
    ['B1 nothing', '', { status: 400, slug: 'body-required' }],
    ['B2 a trailing comma', '{"text":"a",}', { status: 400, slug: 'malformed-json' }],
    ['B2 NaN', 'NaN', { status: 400, slug: 'malformed-json' }],
    ['B3 a key twice', '{"text":"a","quantity":1,"quantity":99}', { status: 400, slug: 'duplicate-key' }],
    [
      'B3 a key twice by an escape',
      '{"text":"a","quantity":1,"quantit\\u0079":9}',
      { status: 400, slug: 'duplicate-key' },
    ],
    ['B8 nested too deep', '['.repeat(10_000) + ']'.repeat(10_000), { status: 400, slug: 'too-deep' }],
    ['B8 too many items', `{"tags":[${'1,'.repeat(15_000)}1]}`, { status: 400, slug: 'too-many-items' }],
    [
      'B10 an unknown field',
      '{"text":"a","quantity":1,"role":"admin"}',
      { status: 422, slug: 'unknown-field', errors: ['/role unknown-field'] },
    ],
    [
      'B11 __proto__',
      '{"text":"a","quantity":1,"__proto__":{"x":1}}',
      { status: 422, slug: 'unknown-field', errors: ['/__proto__ unknown-field'] },
    ],
    [
      'B11 constructor',
      '{"text":"a","quantity":1,"constructor":{}}',
      { status: 422, slug: 'unknown-field', errors: ['/constructor unknown-field'] },
    ],
    ['B12 a number as text', '{"text":"a","quantity":"2"}', { status: 422, slug: 'type', errors: ['/quantity type'] }],
    ['B12 a fraction', '{"text":"a","quantity":2.5}', { status: 422, slug: 'integer', errors: ['/quantity integer'] }],
    ['B12 infinity', '{"text":"a","quantity":1e309}', { status: 422, slug: 'type', errors: ['/quantity type'] }],
    [
      'B12 negative zero',
      '{"text":"a","quantity":-0}',
      { status: 422, slug: 'integer', errors: ['/quantity integer'] },
    ],
    ['B13 zero', '{"text":"a","quantity":0}', { status: 422, slug: 'range', errors: ['/quantity range'] }],
    ['B13 too much', '{"text":"a","quantity":2147483648}', { status: 422, slug: 'range', errors: ['/quantity range'] }],
    [
      'B16 NUL',
      '{"text":"a\\u0000","quantity":1}',
      { status: 422, slug: 'control-character', errors: ['/text control-character'] },
    ],
    [
      'B17 half a surrogate pair',
      '{"text":"\\ud800","quantity":1}',
      { status: 422, slug: 'invalid-unicode', errors: ['/text invalid-unicode'] },
    ],
    ['B17 invalid UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), { status: 400, slug: 'invalid-unicode' }],
    [
      'B18 a direction override',
      '{"text":"a\u202eb","quantity":1}',
      { status: 422, slug: 'control-character', errors: ['/text control-character'] },
    ],
  ];
  it.each(cases)('%s is refused', async (_, body, expected) => {
    expect(await post(body)).toEqual(expected);
  });
  it('B18 an emoji is fine', async () => {
    expect(await post('{"text":"🎉","quantity":1}')).toEqual({ status: 201 });
  });
  it.each([
    ['text/plain', { 'content-type': 'text/plain' }],
    ['UTF-16', { 'content-type': 'application/json;charset=utf-16' }],
  ])('B4 %s is an unsupported media type', async (_, headers) => {
    expect(await post(good, headers)).toEqual({ status: 415, slug: 'unsupported-media-type' });
  });
  it('B7 a compressed body is refused', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(await post(good, headers)).toEqual({ status: 415, slug: 'unsupported-content-encoding' });
  });
  it('B5 a body over the limit is refused by its length', async () => {
    expect(await post(`{"text":"${'a'.repeat(300_000)}"}`)).toEqual({ status: 413, slug: 'too-large' });
  });
  it('B6 a chunked body is refused at the byte that crosses the limit', async () => {
    const answer = await raw(
      'POST /api/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
        `${'10000\r\n'}${'a'.repeat(65_536)}\r\n`.repeat(4),
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
  });
});
