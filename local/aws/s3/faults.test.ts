import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeQueue, refusal } from '../testing.ts';
import type { TestBuckets } from './testing.ts';
import { outcome, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
const Bucket = 'shaken';
beforeAll(async () => {
  aws = await startTestBuckets(Bucket);
  await aws.s3.putObject({ Bucket, Key: 'a', Body: 'x' });
});
afterEach(() => control('/reset', { messages: true }));
afterAll(() => aws.close());

async function control(path: string, body: object): Promise<void> {
  const response = await fetch(`${aws.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
}

const read = () => refusal(aws.s3.getObject({ Bucket, Key: 'a' }));

test('an operation fails with the wanted code, and the others do not', async () => {
  const action = { kind: 'fail', code: 'InternalError', status: 500 };
  await control('/faults', { operation: 'PutObject', action, count: 1 });
  await control('/faults', { operation: 'ListObjectsV2', action: { kind: 'fail' } });
  const Body = Buffer.alloc(3_000_000);
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'b', Body }))).toBe('InternalError');
  expect(await refusal(aws.s3.listObjectsV2({ Bucket }))).toBe('ServiceUnavailable');
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'b', Body }))).toBe('accepted');
  expect(await read()).toBe('accepted');
});

test('what is over the rate is told to slow down', async () => {
  await control('/faults', { operation: 'GetObject', action: { kind: 'throttle', requestsPerSecond: 1 } });
  const startedAt = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 10 }, read));
  const seconds = (performance.now() - startedAt) / 1_000;
  expect(new Set(outcomes)).toEqual(new Set(['accepted', 'SlowDown']));
  expect(outcomes.filter((outcome) => outcome === 'accepted').length).toBeLessThanOrEqual(1 + seconds);
});

test('an operation can be late', async () => {
  await control('/faults', { operation: 'GetObject', action: { kind: 'delay', ms: 200 } });
  const startedAt = performance.now();
  expect(await read()).toBe('accepted');
  expect(performance.now() - startedAt).toBeGreaterThan(190);
});

test('an upload can be done although its answer is lost', async () => {
  await control('/faults', { operation: 'PostObject', action: { kind: 'drop-ack' }, count: 1 });
  const { url, fields } = await createPresignedPost(aws.s3, { Bucket, Key: 'posted' });
  const post = () => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['x']));
    return fetch(url, { method: 'POST', body: form });
  };
  expect(await refusal(post())).toBe('TypeError');
  expect(await refusal(aws.s3.headObject({ Bucket, Key: 'posted' }))).toBe('accepted');
  expect(await outcome(post())).toEqual([204, undefined]);
});

test('a reset empties queues and leaves objects, and the other protocols stay what they are', async () => {
  await control('/reset', { messages: true });
  expect(await read()).toBe('accepted');
  const { url } = await makeQueue(aws.sqs, 'beside');
  expect(await refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }))).toBe('accepted');
  const misdirected = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.Nothing' } });
  expect(await misdirected.json()).toMatchObject({ message: 'Unknown operation Nothing.' });
});
