import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing.ts';
import type { TestBuckets } from './testing.ts';
import { outcome, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
const Bucket = 'shared';
const origin = 'http://localhost:8080';
const CORSRules = [
  {
    ID: 'page',
    AllowedOrigins: [origin, 'https://*.millrace.example'],
    AllowedMethods: ['GET', 'POST', 'PUT'],
    AllowedHeaders: ['content-type', 'x-amz-*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 300,
  },
  { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] },
];
beforeAll(async () => {
  aws = await startTestBuckets(Bucket, 'closed');
  await aws.s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
});
afterAll(() => aws.close());

const ask = (headers: Record<string, string>, bucket = Bucket) =>
  fetch(`${aws.url}/${bucket}/a`, { method: 'OPTIONS', headers });

const allowed = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

test('the rules come back as they were put, until they are taken away', async () => {
  expect((await aws.s3.getBucketCors({ Bucket })).CORSRules).toEqual(CORSRules);
  expect(await refusal(aws.s3.getBucketCors({ Bucket: 'closed' }))).toBe('NoSuchCORSConfiguration');
  await aws.s3.putBucketCors({ Bucket: 'closed', CORSConfiguration: { CORSRules } });
  await aws.s3.deleteBucketCors({ Bucket: 'closed' });
  expect(await refusal(aws.s3.getBucketCors({ Bucket: 'closed' }))).toBe('NoSuchCORSConfiguration');
});

test('rules that S3 refuses are refused', async () => {
  const put = (rule: object) =>
    refusal(aws.s3.putBucketCors({ Bucket: 'closed', CORSConfiguration: { CORSRules: [rule] as typeof CORSRules } }));
  const rule = { AllowedOrigins: ['*'], AllowedMethods: ['GET'] };
  expect(await put({ ...rule, AllowedMethods: ['PATCH'] })).toBe('InvalidRequest');
  expect(await put({ ...rule, AllowedOrigins: ['*.a.*'] })).toBe('InvalidRequest');
  expect(await put({ ...rule, ExposeHeaders: ['*'] })).toBe('InvalidRequest');
  expect(await put({ ...rule, AllowedOrigins: [] })).toBe('MalformedXML');
});

test('a preflight is answered as the rule says', async () => {
  const response = await ask({
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'Content-Type, X-Amz-Meta-User',
  });
  expect(response.status).toBe(200);
  expect(allowed(response)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST, PUT',
    'access-control-allow-headers': 'content-type, x-amz-meta-user',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'ETag',
    'access-control-max-age': '300',
  });
  expect(response.headers.get('vary')).toContain('Origin');
  const sub = await ask({ origin: 'https://dev.millrace.example', 'access-control-request-method': 'POST' });
  expect(allowed(sub)['access-control-allow-origin']).toBe('https://dev.millrace.example');
  const anyone = await ask({ origin: 'https://elsewhere.example', 'access-control-request-method': 'HEAD' });
  expect(allowed(anyone)).toMatchObject({ 'access-control-allow-origin': '*' });
  expect(allowed(anyone)).not.toHaveProperty('access-control-allow-credentials');
});

test('a preflight that no rule allows is refused', async () => {
  const post = { origin, 'access-control-request-method': 'POST' };
  const forbidden = [403, 'AccessForbidden'];
  expect(await outcome(ask({ ...post, origin: 'http://localhost:8081' }))).toEqual(forbidden);
  expect(await outcome(ask({ ...post, 'access-control-request-method': 'DELETE' }))).toEqual(forbidden);
  expect(await outcome(ask({ ...post, 'access-control-request-headers': 'authorization' }))).toEqual(forbidden);
  expect(await outcome(ask(post, 'closed'))).toEqual(forbidden);
  expect(await outcome(ask(post, 'nowhere'))).toEqual(forbidden);
  expect(await outcome(ask({ 'access-control-request-method': 'POST' }))).toEqual([400, 'BadRequest']);
  expect(await outcome(ask({ origin }))).toEqual([400, 'BadRequest']);
});

test('a page may read the answer to its upload, refusals too, and another page may not', async () => {
  const { url, fields } = await createPresignedPost(aws.s3, { Bucket, Key: 'a' });
  const upload = (from: string, file: boolean) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    if (file) form.append('file', new Blob(['x']));
    return fetch(url, { method: 'POST', body: form, headers: { origin: from } });
  };
  const readable = { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'ETag' };
  const done = await upload(origin, true);
  expect([done.status, allowed(done)]).toMatchObject([204, readable]);
  const refused = await upload(origin, false);
  expect([refused.status, allowed(refused)]).toMatchObject([400, readable]);
  expect(allowed(await upload('http://evil.example', true))).toEqual({});
});
