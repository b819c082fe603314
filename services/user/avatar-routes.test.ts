import { randomBytes, randomUUID } from 'node:crypto';
import { unavailable } from '@millrace/runtime/problem.ts';
import { outcome } from '@millrace/runtime/testing/callers.ts';
import { jpeg, png, svg, webp } from '@millrace/runtime/testing/images.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { UserService } from './testing/user-service.ts';
import { objectCreated, offer, openUserService, profileOf, register } from './testing/user-service.ts';

const path = '/api/users/me/avatar';
/** What the clock stands at, while a test stops it. */
let stoppedMs: number | undefined;
let service: UserService;
beforeAll(async () => {
  service = await openUserService({ now: () => new Date(stoppedMs ?? Date.now()) });
});
afterAll(() => service?.close());
afterEach(() => {
  stoppedMs = undefined;
});

/** Uploads a picture, and tells of it as S3 does. */
async function upload(id: string, content: Uint8Array, contentType = 'image/png') {
  const form = await offer(service, id, contentType);
  expect(await service.bucket.post(form, content)).toBe(204);
  await service.tellUpload(form.key);
  return form;
}

const avatarOf = async (id: string) => (await profileOf(service, id)).avatar;

describe('a form for a picture', () => {
  test('is bound to a key of the person, the type and the size', async () => {
    const id = await register(service);
    const askedMs = Date.now();
    const form = await offer(service, id);
    const givenMs = Date.now();
    expect(form).toEqual({
      url: `${service.bucket.url}/${service.bucket.bucket}/`,
      fields: expect.objectContaining({ key: form.key, 'Content-Type': 'image/png' }),
      expiresAt: expect.stringMatching(/Z$/),
      maxBytes: 2_097_152,
      key: expect.stringMatching(new RegExp(`^user/avatar/${id}/[0-9a-f-]{36}$`)),
    });
    expect(Date.parse(form.expiresAt) - askedMs).toBeGreaterThan(590_000);
    expect(Date.parse(form.expiresAt) - givenMs).toBeLessThanOrEqual(600_000);
    expect(await avatarOf(id)).toEqual({ state: 'waiting' });
  });

  test.each([
    ['B42 a drawing', { contentType: 'image/svg+xml', sizeBytes: 10 }, 415, 'unsupported-image'],
    ['B42 an archive of 50 MB', { contentType: 'application/zip', sizeBytes: 50_000_000 }, 415, 'unsupported-image'],
    ['B42 a type in capitals', { contentType: 'IMAGE/PNG', sizeBytes: 10 }, 415, 'unsupported-image'],
    ['B42 50 MB', { contentType: 'image/png', sizeBytes: 50_000_000 }, 413, 'too-large'],
    ['a byte too much', { contentType: 'image/png', sizeBytes: 2_097_153 }, 413, 'too-large'],
    ['B13 no byte', { contentType: 'image/png', sizeBytes: 0 }, 422, 'range'],
    ['B12 a text for a size', { contentType: 'image/png', sizeBytes: '5' }, 422, 'type'],
    ['B12 half a byte', { contentType: 'image/png', sizeBytes: 2.5 }, 422, 'integer'],
    ['B42 a name of a file', { contentType: 'image/png', sizeBytes: 5, name: '../../x' }, 422, 'unknown-field'],
    ['B10 a key', { contentType: 'image/png', sizeBytes: 5, key: 'user/avatar/x' }, 422, 'unknown-field'],
  ])('%s gets none', async (_, body, status, slug) => {
    const id = await register(service);
    expect(await outcome(await service.ask(id, 'POST', path, body))).toEqual({ status, slug });
    expect(await avatarOf(id)).toEqual({ state: 'none' });
  });

  test('is for people who registered', async () => {
    const body = { contentType: 'image/png', sizeBytes: 5 };
    expect(await outcome(await service.ask(randomUUID(), 'POST', path, body))).toEqual({
      status: 404,
      slug: 'not-found',
    });
  });

  test('that was never used is not waited for longer than it can take', async () => {
    const id = await register(service);
    await upload(id, png(3, 2));
    const other = await register(service);
    const forms = [await offer(service, id), await offer(service, other)];
    const [first = 0, second = 0] = forms.map(({ expiresAt }) => Date.parse(expiresAt));
    stoppedMs = first + 899_000;
    expect(await avatarOf(id)).toEqual({ state: 'waiting' });
    stoppedMs = second + 902_000;
    expect(await avatarOf(id)).toEqual({ state: 'ready' });
    expect(await avatarOf(other)).toEqual({ state: 'none' });
  });
});

describe('an uploaded picture', () => {
  test.each([
    ['image/png', png(40, 30)],
    ['image/jpeg', jpeg(40, 30)],
    ['image/webp', webp(40, 30)],
  ])('of type %s becomes the avatar', async (type, content) => {
    const id = await register(service);
    await upload(id, content, type);
    const profile = await profileOf(service, id);
    expect(profile).toMatchObject({ avatar: { state: 'ready' }, version: 1 });
    const shown = await fetch(profile.avatarUrl ?? '');
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, type]);
    expect(Buffer.from(await shown.arrayBuffer()).equals(content)).toBe(true);
    expect(new URL(profile.avatarUrl ?? '').searchParams.get('X-Amz-Expires')).toBe('3600');
  });

  test('is not shown while its address cannot be signed, and the profile still is, and can be saved', async () => {
    const id = await register(service);
    await upload(id, png(3, 2));
    const { viewUrl } = service.bucket.uploads;
    service.bucket.uploads.viewUrl = () => Promise.reject(unavailable('no credentials'));
    try {
      expect(await profileOf(service, id)).toMatchObject({ avatarUrl: null, avatar: { state: 'ready' } });
      const saved = await service.ask(id, 'PUT', '/api/users/me', { email: 'ada@example.com', name: 'Augusta' });
      expect([saved.status, saved.headers.get('etag')]).toEqual([200, '"2"']);
    } finally {
      service.bucket.uploads.viewUrl = viewUrl;
    }
  });

  test.each([
    ['a drawing with a script', svg, 'wrong-type'],
    ['an archive', Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), randomBytes(500)]), 'wrong-type'],
    ['half a header', png(3, 2).subarray(0, 20), 'unreadable'],
    ['a bomb of pixels', png(1, 1, { width: 8_000, height: 8_000 }), 'too-many-pixels'],
  ])('B42 that is %s is refused, and taken away', async (_, content, reason) => {
    const id = await register(service);
    const form = await upload(id, content);
    expect(await profileOf(service, id)).toMatchObject({ avatar: { state: 'refused', reason }, avatarUrl: null });
    expect(await service.unwanted()).toContain(form.key);
  });

  test('takes the place of the one before, which is taken away', async () => {
    const id = await register(service);
    const first = await upload(id, png(3, 2));
    const second = await upload(id, png(5, 4));
    expect((await profileOf(service, id)).avatarUrl).toContain(second.key);
    const unwanted = await service.unwanted();
    expect(unwanted).toContain(first.key);
    expect(unwanted).not.toContain(second.key);
  });

  test('is shown until a better one is there: a refused one changes nothing but the state', async () => {
    const id = await register(service);
    const first = await upload(id, png(3, 2));
    await offer(service, id);
    expect((await profileOf(service, id)).avatarUrl).toContain(first.key);
    await upload(id, svg);
    const profile = await profileOf(service, id);
    expect(profile.avatar).toEqual({ state: 'refused', reason: 'wrong-type' });
    expect(profile.avatarUrl).toContain(first.key);
  });

  test('counts only if its form was the newest: an older one that comes later is taken away', async () => {
    const id = await register(service);
    const older = await offer(service, id);
    const newer = await offer(service, id);
    for (const form of [newer, older]) expect(await service.bucket.post(form, png(3, 2))).toBe(204);
    await service.tellUpload(newer.key);
    await service.tellUpload(older.key);
    expect((await profileOf(service, id)).avatarUrl).toContain(newer.key);
    expect(await service.unwanted()).toContain(older.key);
  });

  test('is looked at again when its form is used again', async () => {
    const id = await register(service);
    const form = await upload(id, png(3, 2));
    expect(await service.bucket.post(form, svg)).toBe(204);
    await service.tellUpload(form.key);
    expect(await profileOf(service, id)).toMatchObject({
      avatar: { state: 'refused', reason: 'wrong-type' },
      avatarUrl: null,
    });
    expect(await service.unwanted()).toContain(form.key);
  });

  test('is not taken back by looking twice: an upload that was refused stays refused', async () => {
    const id = await register(service);
    const form = await upload(id, svg);
    expect(await service.bucket.post(form, png(3, 2))).toBe(204);
    await service.tellUpload(form.key);
    expect(await avatarOf(id)).toEqual({ state: 'refused', reason: 'wrong-type' });
  });

  test('that has gone before it was looked at is refused as gone', async () => {
    const id = await register(service);
    const form = await offer(service, id);
    await service.tellUpload(form.key);
    expect(await avatarOf(id)).toEqual({ state: 'refused', reason: 'gone' });
  });

  test('B57 of another bucket, prefix, owner or form of key changes nothing', async () => {
    const id = await register(service);
    const form = await offer(service, id);
    await service.bucket.post(form, png(3, 2));
    const foreign = `user/avatar/${randomUUID()}/${randomUUID()}`;
    await service.tellUpload(form.key, 'dev-millrace-products');
    for (const key of [`product/image/${id}/${randomUUID()}`, `user/avatar/${id}`, 'user/x', foreign]) {
      await service.tellUpload(key);
    }
    expect(await avatarOf(id)).toEqual({ state: 'waiting' });
    const unwanted = await service.unwanted();
    // One of ours that nobody waits for is taken away; what is not ours is left alone.
    expect(unwanted).toContain(foreign);
    expect(unwanted.filter((key) => !key.startsWith('user/avatar/'))).toEqual([]);
  });
});

describe('the event of an upload', () => {
  test('that comes again, and twice at once, has one effect', async () => {
    const id = await register(service);
    const form = await offer(service, id);
    await service.bucket.post(form, png(3, 2));
    const eventId = randomUUID();
    const body = objectCreated(service.bucket.bucket, form.key, eventId);
    await service.deliverAll([1, 2, 3].map(() => ({ to: 'ObjectCreated', body })));
    await service.deliverAll([{ to: 'ObjectCreated', body }]);
    await Promise.all([service.tellUpload(form.key), service.tellUpload(form.key)]);
    expect(await profileOf(service, id)).toMatchObject({ avatar: { state: 'ready' } });
    expect(await service.unwanted()).not.toContain(form.key);
    expect(await service.dead('ObjectCreated')).toEqual([]);
  });

  test('B56 B57 that is no event of S3 goes to the dead-letter queue', async () => {
    const before = (await service.dead('ObjectCreated')).length;
    const noKey = objectCreated(service.bucket.bucket, '');
    const foreign = objectCreated(service.bucket.bucket, 'user/x').replace('"aws.s3"', '"millrace.order"');
    await service.deliverAll(['{', noKey, foreign].map((body) => ({ to: 'ObjectCreated', body })));
    const dead = (await service.dead('ObjectCreated')).slice(before);
    expect(dead.map(({ reason }) => reason).sort()).toEqual([
      'bad-envelope',
      'bad-event /detail/object/key',
      'source-mismatch millrace.order',
    ]);
  });
});
