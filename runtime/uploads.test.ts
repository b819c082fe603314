import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from './ports.ts';
import type { TestBucket } from './testing/bucket.ts';
import { openTestBucket, testCredentials } from './testing/bucket.ts';
import { jpeg, png, svg, webp } from './testing/images.ts';
import { openUploads } from './uploads.ts';
import { readImageFacts } from './uploads-image.ts';
import type { ImageType } from './uploads-rules.ts';

const maxBytes = 700_000;
let bucket: TestBucket;
beforeAll(async () => {
  bucket = await openTestBucket({ service: 'user', purpose: 'avatar' });
});
afterAll(() => bucket?.close());

const offer = (type: ImageType = 'image/png') => bucket.uploads.offer({ ownerId: randomUUID(), type, maxBytes });

async function inspected(content: Uint8Array, type: ImageType = 'image/png') {
  const form = await offer(type);
  expect(await bucket.post(form, content)).toBe(204);
  return bucket.uploads.inspectImage(form.key, { maxBytes });
}

describe('a form', () => {
  test('takes one object under the key that we made, whatever the file is called', async () => {
    const ownerId = randomUUID();
    const form = await bucket.uploads.offer({ ownerId, type: 'image/png', maxBytes });
    expect(form.key).toMatch(new RegExp(`^user/avatar/${ownerId}/[0-9a-f-]{36}$`));
    expect(bucket.uploads.ownerOf(form.key)).toBe(ownerId);
    expect(await bucket.post(form, png(3, 2), { fileName: '../../x' })).toBe(204);
    expect(await bucket.look(form.key)).toBe(200);
  });

  test('B42 takes no other key, type or size, and nothing that it does not name', async () => {
    const form = await offer();
    const { key } = await offer();
    expect(await bucket.post(form, png(3, 2), { fields: { key } })).toBe(403);
    expect(await bucket.post(form, svg, { fields: { 'Content-Type': 'image/svg+xml' } })).toBe(403);
    expect(await bucket.post(form, png(3, 2), { fields: { acl: 'public-read' } })).toBe(403);
    expect(await bucket.post(form, Buffer.alloc(0))).toBe(400);
    expect(await bucket.post(form, randomBytes(maxBytes + 1))).toBe(400);
    expect(await bucket.look(form.key)).toBe(404);
    expect(await bucket.look(key)).toBe(404);
  });

  test('is over after ten minutes', async () => {
    const place = { bucket: bucket.bucket, region: 'us-east-1', endpoint: bucket.url };
    const clock = { now: () => new Date(Date.now() - 601_000) };
    const uploads = openUploads({
      ...place,
      service: 'user',
      purpose: 'avatar',
      clock,
      random: systemRandom,
      credentials: async () => testCredentials,
    });
    const form = await uploads.offer({ ownerId: randomUUID(), type: 'image/png', maxBytes });
    expect(await bucket.post(form, png(3, 2))).toBe(403);
  });

  test('of another service, purpose or form of key is nobody of ours', () => {
    const id = randomUUID();
    for (const key of [
      `product/avatar/${id}/${id}`,
      `user/image/${id}/${id}`,
      `user/avatar/${id}`,
      `user/avatar/${id}/${id}/x`,
      `x/user/avatar/${id}/${id}`,
      `user/avatar/../${id}`,
      `user/avatar/${id}/${id}\n`,
    ])
      expect(bucket.uploads.ownerOf(key)).toBeUndefined();
  });
});

describe('an inspection', () => {
  test.each([
    ['image/png', png(30, 20)],
    ['image/jpeg', jpeg(30, 20)],
    ['image/jpeg', jpeg(30, 20, 300_000)],
    ['image/webp', webp(30, 20)],
  ] as const)('knows a %s by its bytes', async (type, content) => {
    expect(await inspected(content, type)).toEqual({
      outcome: 'image',
      type,
      width: 30,
      height: 20,
      sizeBytes: content.length,
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
  });

  test('reads the beginning of an object alone', async () => {
    const long = Buffer.concat([png(30, 20), randomBytes(600_000)]);
    expect(await inspected(long)).toMatchObject({ outcome: 'image', width: 30, sizeBytes: long.length });
  });

  test.each([
    ['a drawing with a script', svg, 'wrong-type'],
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>'), 'wrong-type'],
    ['an archive', Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), randomBytes(2_000)]), 'wrong-type'],
    ['rubbish', randomBytes(3_000).fill(1, 0, 16), 'wrong-type'],
    ['an image of another type than was declared', jpeg(3, 2), 'wrong-type'],
    ['a signature without a header', png(3, 2).subarray(0, 18), 'unreadable'],
    ['an image without a pixel', png(1, 1, { width: 0, height: 5 }), 'unreadable'],
    ['a side that is too long', png(1, 1, { width: 8_193, height: 1 }), 'too-many-pixels'],
    ['too many pixels', png(1, 1, { width: 8_000, height: 5_001 }), 'too-many-pixels'],
  ] as const)('B42 refuses %s', async (_, content, reason) => {
    expect(await inspected(content)).toEqual({ outcome: 'refused', reason });
  });

  test('does not read on behind a header that is cut off', async () => {
    const whole = Buffer.concat([png(3, 2).subarray(0, 18), Buffer.alloc(100, 1)]);
    expect(await readImageFacts(whole.subarray(0, 18), 'image/png')).toEqual({
      outcome: 'refused',
      reason: 'unreadable',
    });
  });

  test('takes the largest dimensions that are allowed', async () => {
    expect(await inspected(png(1, 1, { width: 8_000, height: 5_000 }))).toMatchObject({ outcome: 'image' });
    expect(await inspected(png(1, 1, { width: 8_192, height: 1 }))).toMatchObject({ outcome: 'image' });
  });

  test('refuses an object that is larger than allowed, whatever its form took', async () => {
    const form = await offer();
    await bucket.post(form, Buffer.concat([png(3, 2), randomBytes(5_000)]));
    expect(await bucket.uploads.inspectImage(form.key, { maxBytes: 5_000 })).toEqual({
      outcome: 'refused',
      reason: 'too-large',
    });
  });

  test('of an object that is not there says so', async () => {
    const { key } = await offer();
    expect(await bucket.uploads.inspectImage(key, { maxBytes })).toEqual({ outcome: 'refused', reason: 'gone' });
  });

  test('never throws, whatever the bytes are', async () => {
    const beginnings = [png(3, 2), jpeg(3, 2), webp(3, 2)].map((image) => new Uint8Array(image));
    const bytes = fc
      .tuple(fc.constantFrom(...beginnings), fc.nat(80), fc.uint8Array({ maxLength: 400 }))
      .map(([image, length, rest]) => Buffer.concat([image.subarray(0, length), rest]));
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('image/png', 'image/jpeg', 'image/webp'), async (content, type) => {
        const facts = await readImageFacts(content, type);
        if (facts.outcome === 'image') expect(facts.width * facts.height).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

test('a process without credentials asks its callers to try again', async () => {
  const uploads = openUploads({
    bucket: 'b',
    region: 'us-east-1',
    service: 'user',
    purpose: 'avatar',
    clock: systemClock,
    random: systemRandom,
    credentials: async () => {
      throw new Error('none');
    },
  });
  const late = { status: 503, slug: 'unavailable', headers: { 'retry-after': '1' } };
  await expect(uploads.offer({ ownerId: randomUUID(), type: 'image/png', maxBytes })).rejects.toMatchObject(late);
  await expect(uploads.viewUrl('user/avatar/a/b')).rejects.toMatchObject(late);
});

describe('a bucket that does not work', () => {
  test.each([403, 500, 503])('with %s is a fault, not a verdict', async (status) => {
    const server = createServer((_, response) => response.writeHead(status).end('<Error/>')).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const uploads = openUploads({
      bucket: 'b',
      region: 'us-east-1',
      endpoint,
      service: 'user',
      purpose: 'avatar',
      clock: systemClock,
      random: systemRandom,
      credentials: async () => testCredentials,
    });
    try {
      await expect(uploads.inspectImage('user/avatar/a/b', { maxBytes })).rejects.toThrow(
        `The bucket answered ${status}.`,
      );
      await expect(uploads.remove('user/avatar/a/b')).rejects.toThrow(`The bucket answered ${status}.`);
    } finally {
      server.close();
    }
  });
});

test('an object is shown by its URL, and taken away once or twice', async () => {
  const form = await offer();
  const content = png(3, 2);
  await bucket.post(form, content);
  const shown = await fetch(await bucket.uploads.viewUrl(form.key));
  expect(shown.status).toBe(200);
  expect(shown.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await shown.arrayBuffer()).equals(content)).toBe(true);
  await bucket.uploads.remove(form.key);
  await bucket.uploads.remove(form.key);
  expect(await bucket.look(form.key)).toBe(404);
});
