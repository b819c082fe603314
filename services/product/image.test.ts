import { randomUUID } from 'node:crypto';
import { ObjectCreated } from '@millrace/catalog/events/s3.ts';
import type { TestBucket } from '@millrace/runtime/testing/bucket.ts';
import { openTestBucket } from '@millrace/runtime/testing/bucket.ts';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import { jpeg, png, svg } from '@millrace/runtime/testing/images.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHouse } from './housekeeping.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let bucket: TestBucket;
let shop: Shop;
let aheadMs = 0;
beforeAll(async () => {
  bucket = await openTestBucket({ service: 'product', purpose: 'image' });
  shop = await openShop({ uploads: bucket.uploads, clock: { now: () => new Date(Date.now() + aheadMs) } });
});
afterAll(async () => {
  await shop?.close();
  await bucket?.close();
});

interface Form {
  url: string;
  fields: Record<string, string>;
  expiresAt: string;
  maxBytes: number;
}
const wish = { contentType: 'image/png', sizeBytes: 1_000 };
const askFor = (id: string, body: unknown = wish, caller?: Record<string, string>) =>
  shop.ask('POST', `/api/products/${id}/image`, { body, ...(caller && { caller }) });
const formFor = async (id: string, contentType = 'image/png') =>
  (await (await askFor(id, { ...wish, contentType })).json()) as Form;
/** What S3 sends when an object is there. */
const created = (key: string) =>
  shop.deliverRaw(
    JSON.stringify({
      version: '0',
      id: randomUUID(),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '111122223333',
      time: new Date().toISOString(),
      region: 'us-east-1',
      resources: [],
      detail: { version: '0', bucket: { name: bucket.bucket }, object: { key, size: 1 } },
    }),
    ObjectCreated.name,
  );
const keyOf = (form: Form): string => form.fields['key'] ?? '';
const uploadOf = async (form: Form) =>
  (await shop.sql`select state, reason from image_upload where key = ${keyOf(form)}`)[0];
const imageKeyOf = async (id: string) =>
  (await shop.sql`select image_key from product where id = ${id}`)[0]?.['image_key'];

describe('an image', () => {
  test('goes straight to the bucket, is looked at there, and is shown', async () => {
    const { id } = await shop.add();
    const form = await formFor(id);
    expect(form).toEqual({
      url: expect.any(String),
      fields: expect.objectContaining({ key: expect.stringMatching(`^product/image/${id}/`) }),
      expiresAt: expect.any(String),
      maxBytes: 5 * 1024 * 1024,
    });
    expect(await bucket.post(form, png(3, 2))).toBe(204);
    await created(keyOf(form));
    const { imageUrl } = await shop.show(id);
    expect((await fetch(imageUrl ?? '')).status).toBe(200);
    expect(await uploadOf(form)).toEqual({ state: 'ready', reason: null });
    expect((await shop.committed('ProductChanged')).filter((one) => one.aggregateId === id)).toHaveLength(1);
  });
  test('B42 of another type than it says, or none at all, is refused and never shown', async () => {
    const { id } = await shop.add();
    for (const content of [svg, jpeg(3, 2), Buffer.from('PK\u0003\u0004 an archive'), Buffer.from('words')]) {
      const form = await formFor(id);
      expect(await bucket.post(form, content as Uint8Array)).toBe(204);
      await created(keyOf(form));
      expect(await uploadOf(form)).toEqual({ state: 'refused', reason: 'wrong-type' });
    }
    expect(await shop.show(id)).toMatchObject({ imageUrl: null });
  });
  test('B42 of too many pixels is refused', async () => {
    const { id } = await shop.add();
    const form = await formFor(id);
    expect(await bucket.post(form, png(9_000, 2))).toBe(204);
    await created(keyOf(form));
    expect(await uploadOf(form)).toEqual({ state: 'refused', reason: 'too-many-pixels' });
  });
  test('whose event comes twice, or late, does not come back', async () => {
    const { id } = await shop.add();
    const first = await formFor(id);
    await bucket.post(first, png(3, 2));
    const second = await formFor(id, 'image/jpeg');
    await bucket.post(second, jpeg(3, 2));
    await created(keyOf(second));
    await created(keyOf(first));
    await created(keyOf(first));
    await created(keyOf(second));
    expect(await imageKeyOf(id)).toBe(keyOf(second));
    expect(await uploadOf(first)).toEqual({ state: 'replaced', reason: null });
    expect(await uploadOf(second)).toEqual({ state: 'ready', reason: null });
  });
  test('replaces the one before, which is removed some hours later', async () => {
    const { id } = await shop.add();
    const forms = [await formFor(id), await formFor(id), await formFor(id)] as const;
    for (const form of forms.slice(0, 2)) {
      await bucket.post(form, png(3, 2));
      await created(keyOf(form));
    }
    expect(await uploadOf(forms[0])).toMatchObject({ state: 'replaced' });
    await keepHouse(shop.own, bucket.uploads);
    expect(await bucket.look(keyOf(forms[0]))).toBe(200);
    aheadMs = 25 * 3_600_000;
    while (await keepHouse(shop.own, bucket.uploads));
    aheadMs = 0;
    expect(await bucket.look(keyOf(forms[0]))).toBe(404);
    expect(await bucket.look(keyOf(forms[1]))).toBe(200);
    expect([await uploadOf(forms[0]), await uploadOf(forms[2])]).toEqual([undefined, undefined]);
    expect(await uploadOf(forms[1])).toMatchObject({ state: 'ready' });
  });
  test('B42 that is uploaded again with a form that was used is looked at again, and taken off when it is none', async () => {
    const { id } = await shop.add();
    const form = await formFor(id);
    await bucket.post(form, png(3, 2));
    await created(keyOf(form));
    expect(await imageKeyOf(id)).toBe(keyOf(form));
    await bucket.post(form, png(5, 5));
    await created(keyOf(form));
    expect(await imageKeyOf(id)).toBe(keyOf(form));
    await bucket.post(form, svg as unknown as Uint8Array);
    await created(keyOf(form));
    expect(await uploadOf(form)).toEqual({ state: 'refused', reason: 'wrong-type' });
    expect(await shop.show(id)).toMatchObject({ imageUrl: null });
    // A refusal is the last word about a form.
    await bucket.post(form, png(3, 2));
    await created(keyOf(form));
    expect(await imageKeyOf(id)).toBeNull();
  });
  test('that cannot be removed does not hold up the others', async () => {
    const { id } = await shop.add();
    const forms = await Promise.all(Array.from({ length: 14 }, () => formFor(id)));
    const stuck = new Set(forms.slice(0, 10).map(keyOf));
    const remove = async (key: string): Promise<void> => {
      if (stuck.has(key)) throw new Error('The bucket answered 403.');
      await bucket.uploads.remove(key);
    };
    aheadMs = 50 * 3_600_000;
    for (let round = 0; round < 4; round += 1) await keepHouse(shop.own, { ...bucket.uploads, remove });
    const left = await Promise.all(forms.map(uploadOf));
    expect(left.filter((row) => row !== undefined)).toHaveLength(10);
    aheadMs = 100 * 3_600_000;
    while (await keepHouse(shop.own, bucket.uploads));
    aheadMs = 0;
    expect(await Promise.all(forms.map(uploadOf))).toEqual(forms.map(() => undefined));
  });
  test('that nobody was permitted is left alone', async () => {
    const { id } = await shop.add();
    for (const key of [`product/image/${id}/${randomUUID()}`, 'product/other', `user/avatar/${id}/${randomUUID()}`]) {
      await created(key);
    }
    expect(await imageKeyOf(id)).toBeNull();
    expect(await shop.dead(ObjectCreated.name)).toEqual([]);
  });
});

describe('a form', () => {
  test.each([
    ['B42 a document with scripts', { ...wish, contentType: 'image/svg+xml' }, 415, 'unsupported-image'],
    ['B42 an archive', { ...wish, contentType: 'application/zip' }, 415, 'unsupported-image'],
    ['B42 fifty megabytes', { ...wish, sizeBytes: 50_000_000 }, 413, 'too-large'],
    ['B42 a name', { ...wish, name: '../../x' }, 422, 'unknown-field'],
    ['nothing at all', { ...wish, sizeBytes: 0 }, 422, 'range'],
  ])('is not given for %s', async (_, body, status, slug) => {
    const { id } = await shop.add();
    expect(await outcome(await askFor(id, body))).toMatchObject({ status, slug });
  });
  test('is for operators, and for products that are there', async () => {
    expect(await outcome(await askFor(randomUUID()))).toMatchObject({ status: 404, slug: 'not-found' });
    expect((await askFor((await shop.add()).id, wish, as('ada'))).status).toBe(403);
  });
});
