import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, refusal } from '../testing.ts';
import type { TestBuckets } from './testing.ts';
import { outcome, s3ClientOf, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
beforeAll(async () => {
  aws = await startTestBuckets('avatars');
});
afterAll(() => aws.close());

const Bucket = 'avatars';
const maxBytes = 200_000;
const files = (): string[] => readdirSync(join(aws.dataDir, 's3'));

const usual: PresignedPostOptions = {
  Bucket,
  Key: 'users/1.png',
  Fields: { 'Content-Type': 'image/png', 'x-amz-meta-user': '1' },
  Conditions: [['content-length-range', 10, maxBytes]],
  Expires: 60,
};

async function formOf(options: Partial<PresignedPostOptions> = {}): Promise<Record<string, string>> {
  return (await createPresignedPost(aws.s3, { ...usual, ...options })).fields;
}

/** Sends a form as a browser does. */
async function post(
  fields: Record<string, string | undefined>,
  file: { bytes?: number; name?: string } | 'none' = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, value);
  const { bytes = 20, name = 'me.png' } = file === 'none' ? {} : file;
  if (file !== 'none') form.append('file', new Blob([Buffer.alloc(bytes, 7)], { type: 'text/html' }), name);
  return fetch(`${aws.url}/${Bucket}`, { method: 'POST', body: form, redirect: 'manual' });
}

const stored = (Key: string) => refusal(aws.s3.headObject({ Bucket, Key }));

/** A policy signed with the right keys, whatever stands in it. */
function sign(fields: Record<string, string>, document: unknown): Record<string, string> {
  const policy = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');
  const [, ...scope] = fields['X-Amz-Credential']?.split('/') ?? [];
  const key = scope.reduce<string | Buffer>((k, part) => createHmac('sha256', k).update(part).digest(), 'AWS4local');
  return { ...fields, Policy: policy, 'X-Amz-Signature': createHmac('sha256', key).update(policy).digest('hex') };
}

test('a form that keeps to its policy stores the file with its fields', async () => {
  const { url, fields } = await createPresignedPost(aws.s3, usual);
  expect(url).toBe(`${aws.url}/avatars`);
  const response = await post(fields, { bytes: maxBytes });
  expect([response.status, await response.text()]).toEqual([204, '']);
  expect(response.headers.get('location')).toBe(`${aws.url}/avatars/users/1.png`);
  expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
  const known = { ContentLength: maxBytes, ContentType: 'image/png', Metadata: { user: '1' } };
  expect(await aws.s3.headObject({ Bucket, Key: 'users/1.png' })).toMatchObject(known);
});

test('the answer is the one that was asked for', async () => {
  const created = await post(await formOf({ Fields: { ...usual.Fields, success_action_status: '201' } }));
  expect(created.status).toBe(201);
  expect(await created.text()).toMatch(
    /<PostResponse><Location>http:.*\/avatars\/users\/1\.png<\/Location><Bucket>avatars<\/Bucket><Key>users\/1\.png<\/Key><ETag>&quot;[0-9a-f]{32}&quot;<\/ETag><\/PostResponse>$/,
  );
  expect((await post(await formOf({ Fields: { ...usual.Fields, success_action_status: '200' } }))).status).toBe(200);
  const success_action_redirect = 'http://localhost:8080/done?a=1';
  const moved = await post(await formOf({ Fields: { ...usual.Fields, success_action_redirect } }));
  expect(moved.status).toBe(303);
  expect(moved.headers.get('location')).toMatch(
    /^http:\/\/localhost:8080\/done\?a=1&bucket=avatars&key=users%2F1\.png&etag=%22[0-9a-f]{32}%22$/,
  );
  const nowhere = await post(await formOf({ Fields: { ...usual.Fields, success_action_redirect: 'javascript:1' } }));
  expect(nowhere.status).toBe(204);
});

test('a form cannot make an object public, or anything else that is not here', async () => {
  const missing = [501, 'NotImplemented'];
  expect(await outcome(post(await formOf({ Fields: { ...usual.Fields, acl: 'public-read' } })))).toEqual(missing);
  expect(await outcome(post(await formOf({ Fields: { ...usual.Fields, tagging: '<Tagging/>' } })))).toEqual(missing);
  expect((await post(await formOf({ Fields: { ...usual.Fields, acl: 'private' } }))).status).toBe(204);
});

test('the name of the file stands where the key asks for it, without its folder', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is S3's own placeholder.
  const fields = await formOf({ Key: 'users/2/${filename}' });
  expect((await post(fields, { name: 'C:\\photos\\grün "1".png' })).status).toBe(204);
  expect(await stored('users/2/grün "1".png')).toBe('accepted');
});

test('size is what the policy says, to the byte, and nothing is left of what is refused', async () => {
  const before = files().length;
  const fields = await formOf({ Key: 'users/3.png' });
  expect(await outcome(post(fields, { bytes: maxBytes + 1 }))).toEqual([400, 'EntityTooLarge']);
  expect(await outcome(post(fields, { bytes: 9 }))).toEqual([400, 'EntityTooSmall']);
  expect(await stored('users/3.png')).toBe('NotFound');
  expect(files().length).toBe(before);
  expect(await outcome(post(fields, { bytes: 10 }))).toEqual([204, undefined]);
});

test('a changed key, type or field, one more field and one less are refused', async () => {
  const fields = await formOf({ Key: 'users/4.png' });
  const denied = [403, 'AccessDenied'];
  expect(await outcome(post({ ...fields, key: 'users/5.png' }))).toEqual(denied);
  expect(await outcome(post({ ...fields, 'Content-Type': 'text/html' }))).toEqual(denied);
  expect(await outcome(post({ ...fields, 'Content-Type': undefined }))).toEqual(denied);
  expect(await outcome(post({ ...fields, 'x-amz-meta-user': '2' }))).toEqual(denied);
  expect(await outcome(post({ ...fields, 'Cache-Control': 'no-store' }))).toEqual(denied);
  expect(await outcome(post({ ...fields, 'x-ignore-this': 'x' }))).toEqual([204, undefined]);
  const extra = await (await post({ ...fields, submit: 'Go' })).text();
  expect(extra).toContain('<Message>Invalid according to Policy: Extra input fields: submit</Message>');
});

test('a form without its parts says which one is missing', async () => {
  const fields = await formOf();
  for (const name of ['key', 'X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Algorithm']) {
    expect(await outcome(post({ ...fields, [name]: undefined }))).toEqual([400, 'InvalidArgument']);
  }
  expect(await outcome(post({ ...fields, Policy: undefined }))).toEqual([403, 'AccessDenied']);
  expect(await outcome(post(fields, 'none'))).toEqual([400, 'InvalidArgument']);
  const json = fetch(`${aws.url}/${Bucket}`, { method: 'POST', body: '{}' });
  expect(await outcome(json)).toEqual([412, 'PreconditionFailed']);
  expect(await outcome(post({ ...fields, 'x-amz-meta-user': 'x'.repeat(21_000) }))).toEqual([
    400,
    'MaxPostPreDataLengthExceeded',
  ]);
});

test('a policy that was tampered with, is over, or was signed with another secret is refused', async () => {
  const fields = await formOf();
  const policy = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString()) as { conditions: unknown[] };
  policy.conditions = policy.conditions.slice(1);
  const tampered = Buffer.from(JSON.stringify(policy)).toString('base64');
  const mismatch = [403, 'SignatureDoesNotMatch'];
  expect(await outcome(post({ ...fields, Policy: tampered }))).toEqual(mismatch);
  expect(await outcome(post({ ...fields, 'X-Amz-Signature': '0'.repeat(64) }))).toEqual(mismatch);
  expect(await outcome(post({ ...fields, 'X-Amz-Signature': 'zz' }))).toEqual(mismatch);
  const liar = s3ClientOf(aws.url, { secretAccessKey: 'guessed' });
  expect(await outcome(post((await createPresignedPost(liar, usual)).fields))).toEqual(mismatch);
  const stranger = s3ClientOf(aws.url, { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'anything' });
  expect(await outcome(post((await createPresignedPost(stranger, usual)).fields))).toEqual([204, undefined]);
  const old = await (await post(await formOf({ Expires: -1 }))).text();
  expect(old).toContain('<Message>Invalid according to Policy: Policy expired.</Message>');
});

test('conditions are read as S3 reads them', async () => {
  const start = await formOf({ Fields: {}, Conditions: [] });
  const { conditions } = JSON.parse(Buffer.from(start['Policy'] ?? '', 'base64').toString()) as {
    conditions: object[];
  };
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const attempt = (more: unknown[], fields: Record<string, string> = {}) =>
    post({ ...sign(start, { expiration, conditions: [...conditions, ...more] }), ...fields }).then(outcome);
  const images = ['starts-with', '$Content-Type', 'image/'];
  expect(await attempt([images], { 'content-type': 'image/webp' })).toEqual([204, undefined]);
  expect(await attempt([images], { 'content-type': 'image/webp, text/html' })).toEqual([403, 'AccessDenied']);
  expect(await attempt([images])).toEqual([403, 'AccessDenied']);
  expect(await attempt([['EQ', '$key', 'users/1.png']])).toEqual([204, undefined]);
  expect(await attempt([{ bucket: 'other' }])).toEqual([403, 'AccessDenied']);
  expect(await attempt([], { bucket: 'other' })).toEqual([204, undefined]);
  expect(await attempt([['content-length-range', '0', '19']])).toEqual([400, 'EntityTooLarge']);
  expect(await attempt([['like', '$key', 'a']])).toEqual([400, 'InvalidPolicyDocument']);
  expect(await attempt([{ a: 'b', c: 'd' }])).toEqual([400, 'InvalidPolicyDocument']);
  for (const document of ['{', '[]', '{"expiration":"tomorrow","conditions":[]}', '{"conditions":[]}']) {
    expect(await outcome(post(sign(start, document)))).toEqual([400, 'InvalidPolicyDocument']);
  }
});

test('an upload that is cut in the middle leaves nothing', async () => {
  const fields = await formOf({ Key: 'users/cut.png' });
  const before = files().length;
  const head = Object.entries(fields)
    .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('');
  const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 100_000 };
  const upload = httpRequest(`${aws.url}/${Bucket}`, { method: 'POST', headers });
  upload.on('error', () => undefined);
  upload.write(`${head}--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n`);
  upload.write(Buffer.alloc(50_000));
  expect(
    await eventually(
      async () => files().length,
      (count) => count === before + 1,
    ),
  ).toBe(before + 1);
  upload.destroy();
  expect(
    await eventually(
      async () => files().length,
      (count) => count === before,
    ),
  ).toBe(before);
  expect(await stored('users/cut.png')).toBe('NotFound');
});
