import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeQueue, receiveAll } from '../testing.ts';
import type { TestBuckets } from './testing.ts';
import { startTestBuckets } from './testing.ts';

let aws: TestBuckets;
const Bucket = 'told';
beforeAll(async () => {
  aws = await startTestBuckets(Bucket, 'silent');
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await aws.s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration });
});
afterAll(() => aws.close());

interface ObjectEvent {
  'detail-type': string;
  detail: { reason: string; object: { key: string; sequencer: string } };
}

/** A queue on a rule for what happens to the keys below a folder. */
async function listen(folder: string): Promise<(count: number) => Promise<ObjectEvent[]>> {
  const queue = await makeQueue(aws.sqs, `of-${folder}`);
  const detail = { object: { key: [{ prefix: `${folder}/` }] } };
  await aws.events.putRule({ Name: folder, EventPattern: JSON.stringify({ source: ['aws.s3'], detail }) });
  await aws.events.putTargets({ Rule: folder, Targets: [{ Id: '1', Arn: queue.arn }] });
  return async (count) => {
    const messages = await receiveAll(aws.sqs, queue.url, count);
    return messages.map(({ Body }) => JSON.parse(Body ?? '') as ObjectEvent);
  };
}

test('a new object becomes the event that S3 sends, on the default bus', async () => {
  const heard = await listen('a');
  const { ETag = '' } = await aws.s3.putObject({ Bucket, Key: 'a/ü b.txt', Body: 'hello' });
  const [event, ...others] = await heard(1);
  expect(others).toEqual([]);
  expect(event).toEqual({
    version: '0',
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '000000000000',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: 'us-east-1',
    resources: ['arn:aws:s3:::told'],
    detail: {
      version: '0',
      bucket: { name: 'told' },
      object: {
        key: 'a/ü b.txt',
        size: 5,
        etag: ETag.replaceAll('"', ''),
        sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
      },
      'request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
      requester: '000000000000',
      'source-ip-address': '127.0.0.1',
      reason: 'PutObject',
    },
  });
});

test('every change is one event with its reason, and later ones have higher sequencers', async () => {
  const heard = await listen('b');
  await aws.s3.putObject({ Bucket, Key: 'b/1', Body: 'x' });
  const { url, fields } = await createPresignedPost(aws.s3, { Bucket, Key: 'b/1' });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob(['xy']));
  expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
  await aws.s3.deleteObject({ Bucket, Key: 'b/1' });
  await aws.s3.putObject({ Bucket, Key: 'b/2', Body: 'x' });
  await aws.s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'b/1' }, { Key: 'b/2' }] } });
  const events = (await heard(5)).toSorted((a, b) => (a.detail.object.sequencer < b.detail.object.sequencer ? -1 : 1));
  expect(events.map((event) => [event['detail-type'], event.detail.reason, event.detail.object.key])).toEqual([
    ['Object Created', 'PutObject', 'b/1'],
    ['Object Created', 'PostObject', 'b/1'],
    ['Object Deleted', 'DeleteObject', 'b/1'],
    ['Object Created', 'PutObject', 'b/2'],
    ['Object Deleted', 'DeleteObject', 'b/2'],
  ]);
  expect(events[2]?.detail).toMatchObject({ 'deletion-type': 'Permanently Deleted' });
  expect(new Set(events.map((event) => event.detail.object.sequencer)).size).toBe(5);
});

test('a bucket that was not told to says nothing, nor does what was refused', async () => {
  const heard = await listen('c');
  await aws.s3.putObject({ Bucket: 'silent', Key: 'c/1', Body: 'x' });
  const refused = aws.s3.putObject({ Bucket, Key: 'c/2', Body: 'x', ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' });
  await refused.catch(() => undefined);
  await aws.s3.deleteObject({ Bucket, Key: 'c/never' });
  await aws.s3.putObject({ Bucket, Key: 'c/last', Body: 'x' });
  expect((await heard(1)).map(({ detail }) => detail.object.key)).toEqual(['c/last']);
});
