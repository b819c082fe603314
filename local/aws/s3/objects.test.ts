import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal } from '../testing.ts';
import { maxObjectBytes } from './keep-object.ts';
import type { TestBuckets } from './testing.ts';
import { outcome, startTestBuckets } from './testing.ts';

let aws: TestBuckets;
beforeAll(async () => {
  aws = await startTestBuckets('things', 'listed', 'odd');
});
afterAll(() => aws.close());

const Bucket = 'things';
const files = (): string[] => readdirSync(join(aws.dataDir, 's3'));
const signed = {
  authorization: `AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`,
};

test('an object comes back with all that was said of it', async () => {
  const Body = 'Grüße';
  const put = await aws.s3.putObject({
    Bucket,
    Key: 'a/greeting.txt',
    Body,
    ContentType: 'text/plain; charset=utf-8',
    CacheControl: 'max-age=60',
    ContentDisposition: 'attachment; filename="g.txt"',
    ContentEncoding: 'identity',
    Metadata: { owner: 'anna', colour: 'red' },
  });
  const md5 = createHash('md5').update(Body).digest('hex');
  expect(put.ETag).toBe(`"${md5}"`);
  const known = {
    ContentType: 'text/plain; charset=utf-8',
    CacheControl: 'max-age=60',
    ContentDisposition: 'attachment; filename="g.txt"',
    ContentEncoding: 'identity',
    ContentLength: 7,
    ETag: `"${md5}"`,
    AcceptRanges: 'bytes',
    Metadata: { owner: 'anna', colour: 'red' },
  };
  const got = await aws.s3.getObject({ Bucket, Key: 'a/greeting.txt' });
  expect(got).toMatchObject(known);
  expect(got.LastModified).toBeInstanceOf(Date);
  expect(await got.Body?.transformToString()).toBe(Body);
  expect(await aws.s3.headObject({ Bucket, Key: 'a/greeting.txt' })).toMatchObject(known);
});

test('a stream whose length is known goes through in chunks with its checksum after it', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const Body = Readable.from(Array.from({ length: 80 }, () => chunk));
  await aws.s3.putObject({ Bucket, Key: 'stream', Body, ContentLength: chunk.length * 80 });
  const got = await aws.s3.getObject({ Bucket, Key: 'stream' });
  expect(got.ContentLength).toBe(5_242_880);
  expect(got.ContentEncoding).toBeUndefined();
  expect((await got.Body?.transformToByteArray())?.length).toBe(5_242_880);
});

test('a body that is not what its sender said is refused and leaves nothing', async () => {
  const before = files().length;
  const put = (headers: Record<string, string>, body = 'hello') =>
    outcome(fetch(`${aws.url}/things/wrong`, { method: 'PUT', headers: { ...signed, ...headers }, body }));
  expect(await put({ 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })).toEqual([400, 'BadDigest']);
  expect(await put({ 'x-amz-checksum-crc32': 'AAAAAA==' })).toEqual([400, 'BadDigest']);
  expect(await put({ 'x-amz-checksum-sha256': 'AAAA' })).toEqual([400, 'BadDigest']);
  expect(await put({ 'x-amz-content-sha256': '0'.repeat(64) })).toEqual([400, 'XAmzContentSHA256Mismatch']);
  const chunked = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '5' };
  expect(await put(chunked, '5\r\nhello\r\n0\r\n\r\n')).toEqual([200, undefined]);
  await aws.s3.deleteObject({ Bucket, Key: 'wrong' });
  expect(await put(chunked, '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n')).toEqual([400, 'BadDigest']);
  expect(await put(chunked, '4\r\nhell\r\n0\r\n\r\n')).toEqual([400, 'IncompleteBody']);
  expect(await put(chunked, 'zz\r\nhello')).toEqual([400, 'IncompleteBody']);
  expect(await put(chunked, '5\r\nhel')).toEqual([400, 'IncompleteBody']);
  expect(await put({ 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' })).toEqual([
    411,
    'MissingContentLength',
  ]);
  expect(await refusal(aws.s3.getObject({ Bucket, Key: 'wrong' }))).toBe('NoSuchKey');
  expect(files().length).toBe(before);
});

test('one byte more than an object may have is refused', async () => {
  const Body = Buffer.alloc(maxObjectBytes + 1);
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'huge', Body }))).toBe('EntityTooLarge');
});

test('an empty object is an object, and what is replaced or deleted leaves no file', async () => {
  const before = files().length;
  await aws.s3.putObject({ Bucket, Key: 'empty', Body: new Uint8Array() });
  await aws.s3.putObject({ Bucket, Key: 'empty', Body: 'no more' });
  await aws.s3.putObject({ Bucket, Key: 'empty', Body: new Uint8Array() });
  const got = await aws.s3.getObject({ Bucket, Key: 'empty' });
  expect([got.ContentLength, await got.Body?.transformToString()]).toEqual([0, '']);
  expect(files().length).toBe(before + 1);
  await aws.s3.deleteObject({ Bucket, Key: 'empty' });
  await aws.s3.deleteObject({ Bucket, Key: 'empty' });
  expect(files().length).toBe(before);
  expect(await refusal(aws.s3.headObject({ Bucket, Key: 'empty' }))).toBe('NotFound');
});

test('who reads while others write gets one whole version, whichever', async () => {
  const put = (version: number) =>
    aws.s3.putObject({
      Bucket,
      Key: 'busy',
      Body: Buffer.alloc(100_000, version),
      Metadata: { version: `${version}` },
    });
  await put(0);
  const writers = [1, 2, 3, 4].map(async (writer) => {
    for (let round = 0; round < 25; round += 1) await put(writer);
  });
  const readers = [1, 2, 3, 4].map(async () => {
    for (let round = 0; round < 25; round += 1) {
      const { Body, Metadata } = await aws.s3.getObject({ Bucket, Key: 'busy' });
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      expect(bytes.equals(Buffer.alloc(100_000, Number(Metadata?.['version'])))).toBe(true);
    }
  });
  await Promise.all([...writers, ...readers]);
});

test('a range is a part of the object, as S3 reads it', async () => {
  await aws.s3.putObject({ Bucket, Key: 'digits', Body: '0123456789' });
  const read = async (Range: string) => {
    const got = await aws.s3.getObject({ Bucket, Key: 'digits', Range });
    return [got.$metadata.httpStatusCode, await got.Body?.transformToString(), got.ContentRange];
  };
  expect(await read('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
  expect(await read('bytes=7-')).toEqual([206, '789', 'bytes 7-9/10']);
  expect(await read('bytes=-3')).toEqual([206, '789', 'bytes 7-9/10']);
  expect(await read('bytes=8-99')).toEqual([206, '89', 'bytes 8-9/10']);
  expect(await read('bytes=0-1,4-5')).toEqual([200, '0123456789', undefined]);
  expect(await refusal(read('bytes=10-'))).toBe('InvalidRange');
  expect(await refusal(read('bytes=-0'))).toBe('InvalidRange');
});

test('conditions are kept', async () => {
  const { ETag } = await aws.s3.putObject({ Bucket, Key: 'once', Body: 'x' });
  const again = aws.s3.putObject({ Bucket, Key: 'once', Body: 'y', IfNoneMatch: '*' });
  expect(await refusal(again)).toBe('PreconditionFailed');
  expect(await refusal(aws.s3.getObject({ Bucket, Key: 'once', IfMatch: '"other"' }))).toBe('PreconditionFailed');
  expect(await refusal(aws.s3.getObject({ Bucket, Key: 'once', IfMatch: ETag }))).toBe('accepted');
  const known = await fetch(`${aws.url}/things/once`, { headers: { ...signed, 'if-none-match': ETag ?? '' } });
  expect([known.status, await known.text()]).toEqual([304, '']);
});

test('missing buckets and keys, and keys that are too long, are said in the words of S3', async () => {
  expect(await refusal(aws.s3.getObject({ Bucket: 'nowhere', Key: 'a' }))).toBe('NoSuchBucket');
  expect(await refusal(aws.s3.putObject({ Bucket: 'nowhere', Key: 'a', Body: 'x' }))).toBe('NoSuchBucket');
  expect(await refusal(aws.s3.listObjectsV2({ Bucket: 'nowhere' }))).toBe('NoSuchBucket');
  expect(await refusal(aws.s3.getObject({ Bucket, Key: 'nothing' }))).toBe('NoSuchKey');
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'ü'.repeat(512), Body: 'x' }))).toBe('accepted');
  expect(await refusal(aws.s3.putObject({ Bucket, Key: `${'ü'.repeat(512)}x`, Body: 'x' }))).toBe('KeyTooLongError');
  const Metadata = { big: 'x'.repeat(2048) };
  expect(await refusal(aws.s3.putObject({ Bucket, Key: 'a', Body: 'x', Metadata }))).toBe('MetadataTooLarge');
});

test('a list has pages, prefixes and one entry for what shares a folder, in the order of bytes', async () => {
  const keys = ['a/1', 'a/2', 'a/b/3', 'b', 'c/4', '\uffee', '😀'];
  for (const Key of keys.toReversed()) await aws.s3.putObject({ Bucket: 'listed', Key, Body: Key });
  const found: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  let pages = 0;
  do {
    const page = await aws.s3.listObjectsV2({ Bucket: 'listed', MaxKeys: 3, ContinuationToken });
    found.push(...(page.Contents ?? []).map(({ Key }) => Key));
    ContinuationToken = page.NextContinuationToken;
    pages += 1;
  } while (ContinuationToken !== undefined && pages < 10);
  expect([found, pages]).toEqual([keys, 3]);
  const some = await aws.s3.listObjectsV2({ Bucket: 'listed', Prefix: 'a/', StartAfter: 'a/1' });
  expect(some).toMatchObject({ KeyCount: 2, IsTruncated: false, Prefix: 'a/' });
  expect(some.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
    ['a/2', 3],
    ['a/b/3', 5],
  ]);
  const folders = await aws.s3.listObjectsV2({ Bucket: 'listed', Delimiter: '/', MaxKeys: 2 });
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
  expect(folders.Contents?.map(({ Key }) => Key)).toEqual(['b']);
  const rest = await aws.s3.listObjectsV2({
    Bucket: 'listed',
    Delimiter: '/',
    ContinuationToken: folders.NextContinuationToken,
  });
  expect([rest.CommonPrefixes, rest.KeyCount]).toEqual([[{ Prefix: 'c/' }], 3]);
  const none = await aws.s3.listObjectsV2({ Bucket: 'listed', Prefix: 'z', MaxKeys: 0 });
  expect([none.KeyCount, none.Contents, none.IsTruncated]).toEqual([0, undefined, false]);
  expect(await refusal(aws.s3.listObjectsV2({ Bucket: 'listed', ContinuationToken: '!' }))).toBe('InvalidArgument');
});

test('keys are text and never paths', async () => {
  const keys = ['../../etc/passwd', '//', 'a//b', './a', 'a b+c&d=e?f#g%2e', "it's (a) *test*", '<&>"', 'constructor'];
  for (const Key of keys) await aws.s3.putObject({ Bucket: 'odd', Key, Body: Key });
  for (const Key of keys) {
    expect(await (await aws.s3.getObject({ Bucket: 'odd', Key })).Body?.transformToString()).toBe(Key);
  }
  const { Contents = [] } = await aws.s3.listObjectsV2({ Bucket: 'odd' });
  expect(Contents.map(({ Key }) => Key)).toEqual(keys.toSorted());
  expect(files().every((name) => /^[0-9a-f-]{36}$/.test(name))).toBe(true);
  const Objects = [...keys, 'never there'].map((Key) => ({ Key }));
  const { Deleted = [] } = await aws.s3.deleteObjects({ Bucket: 'odd', Delete: { Objects } });
  expect(Deleted).toHaveLength(keys.length + 1);
  expect((await aws.s3.listObjectsV2({ Bucket: 'odd' })).KeyCount).toBe(0);
});
