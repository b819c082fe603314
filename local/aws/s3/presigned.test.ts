import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestBuckets } from './testing.ts';
import { outcome, s3ClientOf, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
beforeAll(async () => {
  aws = await startTestBuckets('signed');
  await aws.s3.putObject({ Bucket, Key: 'a b/ü+1.txt', Body: 'content', ContentType: 'text/plain' });
});
afterAll(() => aws.close());

const Bucket = 'signed';
const get = (Key = 'a b/ü+1.txt') => new GetObjectCommand({ Bucket, Key });

test('a presigned URL reads an object, and no other one', async () => {
  const url = await getSignedUrl(aws.s3, get(), { expiresIn: 60 });
  const response = await fetch(url);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    200,
    'text/plain',
    'content',
  ]);
  const mismatch = [403, 'SignatureDoesNotMatch'];
  expect(await outcome(fetch(url.replace('1.txt', '2.txt')))).toEqual(mismatch);
  expect(await outcome(fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600')))).toEqual(mismatch);
  expect(await outcome(fetch(url, { method: 'DELETE' }))).toEqual(mismatch);
  expect(await outcome(fetch(`${url}&response-content-type=text/html`))).toEqual(mismatch);
  expect(await outcome(fetch(url, { headers: { 'x-amz-meta-a': 'b' } }))).toEqual([403, 'AccessDenied']);
});

test('a presigned URL can name the headers of its answer', async () => {
  const command = new GetObjectCommand({ ...get().input, ResponseContentDisposition: 'attachment; filename="x"' });
  const response = await fetch(await getSignedUrl(aws.s3, command));
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="x"');
});

test('a presigned URL is over when its time is', async () => {
  const signingDate = new Date(Date.now() - 61_000);
  const url = await getSignedUrl(aws.s3, get(), { expiresIn: 60, signingDate });
  const response = await fetch(url);
  expect(response.status).toBe(403);
  expect(await response.text()).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
  const early = await getSignedUrl(aws.s3, get(), { signingDate: new Date(Date.now() + 3_600_000) });
  expect(await outcome(fetch(early))).toEqual([403, 'AccessDenied']);
});

test('parameters that make no sense are refused', async () => {
  const url = await getSignedUrl(aws.s3, get(), { expiresIn: 60 });
  for (const [from, to] of [
    ['X-Amz-Expires=60', 'X-Amz-Expires=604801'],
    ['X-Amz-Expires=60', 'X-Amz-Expires=0'],
    ['X-Amz-Expires=60', 'X-Amz-Expires=never'],
    ['AWS4-HMAC-SHA256', 'AWS4-HMAC-MD5'],
    ['%2Fs3%2F', '%2Fsqs%2F'],
    ['X-Amz-SignedHeaders=host', 'X-Amz-SignedHeaders=date'],
  ] as const) {
    expect(await outcome(fetch(url.replace(from, to)))).toEqual([400, 'AuthorizationQueryParametersError']);
  }
});

test('a presigned URL writes an object with its metadata', async () => {
  const command = new PutObjectCommand({ Bucket, Key: 'put', ContentType: 'image/png', Metadata: { by: 'anna' } });
  const signableHeaders = new Set(['content-type']);
  const url = await getSignedUrl(aws.s3, command, { expiresIn: 60, signableHeaders });
  const put = (type: string) => fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: 'picture' });
  expect(await outcome(put('text/html'))).toEqual([403, 'SignatureDoesNotMatch']);
  expect(await outcome(put('image/png'))).toEqual([200, undefined]);
  const known = { ContentType: 'image/png', ContentLength: 7, Metadata: { by: 'anna' } };
  expect(await aws.s3.headObject({ Bucket, Key: 'put' })).toMatchObject(known);
});

test('who signs with another access key is not verified, but the time still counts', async () => {
  const stranger = s3ClientOf(aws.url, { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'anything' });
  expect((await fetch(await getSignedUrl(stranger, get()))).status).toBe(200);
  const signingDate = new Date(Date.now() - 61_000);
  const old = await getSignedUrl(stranger, get(), { expiresIn: 60, signingDate });
  expect(await outcome(fetch(old))).toEqual([403, 'AccessDenied']);
});
