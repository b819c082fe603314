import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing.ts';
import type { TestBuckets } from './testing.ts';
import { outcome, s3ClientOf, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
beforeAll(async () => {
  aws = await startTestBuckets('kept');
});
afterAll(() => aws.close());

test('a bucket is made, made again without harm, shown, and deleted when it is empty', async () => {
  const { s3 } = aws;
  const Bucket = 'made';
  expect((await s3.createBucket({ Bucket })).Location).toBe('/made');
  await s3.createBucket({ Bucket });
  await s3.headBucket({ Bucket });
  const { Buckets = [] } = await s3.listBuckets({});
  expect(Buckets.map(({ Name }) => Name)).toEqual(['kept', 'made']);
  expect(Buckets[0]?.CreationDate).toBeInstanceOf(Date);
  await s3.putObject({ Bucket, Key: 'a', Body: 'x' });
  expect(await refusal(s3.deleteBucket({ Bucket }))).toBe('BucketNotEmpty');
  await s3.deleteObject({ Bucket, Key: 'a' });
  await s3.deleteBucket({ Bucket });
  expect(await refusal(s3.headBucket({ Bucket }))).toBe('NotFound');
});

test('names that S3 refuses are refused', async () => {
  for (const Bucket of ['ab', 'Upper', 'two..dots', '10.0.0.1', 'under_score', 'end-']) {
    expect(await refusal(aws.s3.createBucket({ Bucket }))).toMatch(/^InvalidBucketName/);
  }
});

test('a bucket says nothing to EventBridge until it is told to', async () => {
  const Bucket = 'kept';
  expect(await aws.s3.getBucketNotificationConfiguration({ Bucket })).not.toHaveProperty('EventBridgeConfiguration');
  await aws.s3.putBucketNotificationConfiguration({
    Bucket,
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  });
  expect(await aws.s3.getBucketNotificationConfiguration({ Bucket })).toMatchObject({ EventBridgeConfiguration: {} });
  await aws.s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} });
  expect(await aws.s3.getBucketNotificationConfiguration({ Bucket })).not.toHaveProperty('EventBridgeConfiguration');
  const QueueConfigurations = [{ QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q', Events: ['s3:ObjectCreated:*'] }];
  const other = { Bucket, NotificationConfiguration: { QueueConfigurations } } as Parameters<
    typeof aws.s3.putBucketNotificationConfiguration
  >[0];
  expect(await refusal(aws.s3.putBucketNotificationConfiguration(other))).toBe('NotImplemented');
});

test('what is not here is 501, and what S3 does not know is 405', async () => {
  const Bucket = 'kept';
  expect(await refusal(aws.s3.createMultipartUpload({ Bucket, Key: 'a' }))).toBe('NotImplemented');
  expect(await refusal(aws.s3.copyObject({ Bucket, Key: 'a', CopySource: 'kept/b' }))).toBe('NotImplemented');
  expect(await refusal(aws.s3.getBucketVersioning({ Bucket }))).toBe('NotImplemented');
  expect(await refusal(aws.s3.listObjects({ Bucket }))).toBe('NotImplemented');
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'a', Body: 'x', ACL: 'public-read' }))).toBe('NotImplemented');
  expect(await outcome(fetch(`${aws.url}/kept/a`, { method: 'POST' }))).toEqual([405, 'MethodNotAllowed']);
});

test('nobody without keys reads or writes, and wrong keys are refused where they can be told', async () => {
  expect(await outcome(fetch(`${aws.url}/kept/a`))).toEqual([403, 'AccessDenied']);
  expect(await outcome(fetch(`${aws.url}/kept/a`, { method: 'PUT', body: 'x' }))).toEqual([403, 'AccessDenied']);
  expect((await fetch(`${aws.url}/kept`, { method: 'HEAD' })).status).toBe(403);
  const liar = s3ClientOf(aws.url, { secretAccessKey: 'guessed' });
  expect(await refusal(liar.listBuckets({}))).toBe('SignatureDoesNotMatch');
  const stranger = s3ClientOf(aws.url, { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'anything' });
  expect(await refusal(stranger.listBuckets({}))).toBe('accepted');
  const broken = { authorization: 'AWS4-HMAC-SHA256 Credential=local' };
  expect(await outcome(fetch(`${aws.url}/kept/a`, { headers: broken }))).toEqual([400, 'AuthorizationHeaderMalformed']);
  const old = fetch(`${aws.url}/kept/a?AWSAccessKeyId=local&Signature=x&Expires=9999999999`);
  expect(await outcome(old)).toEqual([400, 'InvalidRequest']);
});

test('XML that is none is refused, never answered with a 500', async () => {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`,
  };
  const put = (body: string) => outcome(fetch(`${aws.url}/kept?cors`, { method: 'PUT', headers, body }));
  for (const body of [
    '',
    '{}',
    '<a>',
    '<CORSConfiguration>',
    '<CORSConfiguration/>',
    '<!DOCTYPE a><CORSConfiguration/>',
  ]) {
    expect(await put(body)).toEqual([400, 'MalformedXML']);
  }
  expect(await put(`<CORSConfiguration>${'<a>'.repeat(50)}`)).toEqual([400, 'MalformedXML']);
  expect(await put('x'.repeat(2_000_000))).toEqual([400, 'MaxMessageLengthExceeded']);
  expect(await outcome(fetch(`${aws.url}/kept/%ff`, { headers }))).toEqual([400, 'InvalidURI']);
});
