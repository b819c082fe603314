import { afterAll, beforeAll, expect, test } from 'vitest';
import { bucketNames, provisionBuckets } from './provision-buckets.ts';
import type { TestBuckets } from './s3/testing.ts';
import { startTestBuckets } from './s3/testing.ts';

let aws: TestBuckets;
beforeAll(async () => {
  aws = await startTestBuckets();
});
afterAll(() => aws.close());

test('the buckets of the catalog are made, tell EventBridge and serve the page; again, their objects stay', async () => {
  const wanted = { endpoint: aws.url, environment: 'dev' as const, origin: 'http://localhost:8080' };
  const names = bucketNames('dev');
  expect(names.length).toBeGreaterThan(0);
  expect(names.every((name) => name.startsWith('dev-millrace-') && name.endsWith('-111122223333'))).toBe(true);
  await provisionBuckets(wanted);
  for (const Bucket of names) await aws.s3.putObject({ Bucket, Key: 'a', Body: 'kept' });
  await provisionBuckets({ ...wanted, origin: 'http://localhost:9090' });

  const { Buckets = [] } = await aws.s3.listBuckets({});
  expect(Buckets.map(({ Name }) => Name)).toEqual(names.toSorted());
  for (const Bucket of names) {
    expect(await (await aws.s3.getObject({ Bucket, Key: 'a' })).Body?.transformToString()).toBe('kept');
    expect(await aws.s3.getBucketNotificationConfiguration({ Bucket })).toMatchObject({ EventBridgeConfiguration: {} });
    const { CORSRules = [] } = await aws.s3.getBucketCors({ Bucket });
    expect(CORSRules.map(({ AllowedOrigins }) => AllowedOrigins)).toEqual([['http://localhost:9090']]);
  }
});
