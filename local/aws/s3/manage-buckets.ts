import { accountId, region } from '../identity.ts';
import type { Bucket } from './bucket-store.ts';
import type { CorsRule } from './cors.ts';
import { parseCors, renderCors } from './cors.ts';
import type { S3Operation } from './request.ts';
import { readText } from './request.ts';
import { malformedXml, notImplemented, S3Error } from './s3-error.ts';
import type { S3State } from './state.ts';
import { parseXml, renderXml } from './xml.ts';

const maxBuckets = 100;
const nameSyntax = /^(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/;

export function createBucket({ buckets, now }: S3State): S3Operation {
  return async (request) => {
    const name = request.bucket;
    if (!nameSyntax.test(name)) throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.');
    const text = await readText(request);
    if (text !== '') parseXml(text, 'CreateBucketConfiguration');
    await buckets.store.write(() => {
      // As in us-east-1: who owns the bucket may make it again.
      if (buckets.find(name) !== undefined) return;
      if (buckets.all().length >= maxBuckets) {
        throw new S3Error(400, 'TooManyBuckets', 'You have attempted to create more buckets than allowed');
      }
      buckets.create(name, now());
    });
    return { status: 200, headers: { location: `/${name}` } };
  };
}

export function headBucket({ buckets }: S3State): S3Operation {
  return (request) => {
    buckets.get(request.bucket);
    return { status: 200, headers: { 'x-amz-bucket-region': region } };
  };
}

export function listBuckets({ buckets }: S3State): S3Operation {
  return () => {
    const Bucket = buckets.all().map(({ name, created_at }) => ({
      Name: name,
      CreationDate: new Date(created_at).toISOString(),
    }));
    const content = { Owner: { ID: accountId }, Buckets: { Bucket } };
    return { status: 200, body: renderXml('ListAllMyBucketsResult', content, { hasNamespace: true }) };
  };
}

export function deleteBucket({ buckets }: S3State): S3Operation {
  return async ({ bucket }) => {
    await buckets.store.write(() => {
      const { name } = buckets.get(bucket);
      if (!buckets.isEmpty(name)) {
        throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty', { BucketName: name });
      }
      buckets.delete(name);
    });
    return { status: 204 };
  };
}

export function putNotification({ buckets }: S3State): S3Operation {
  return async (request) => {
    const { children } = parseXml(await readText(request), 'NotificationConfiguration');
    const other = children.find(({ name }) => name !== 'EventBridgeConfiguration');
    if (other !== undefined) throw notImplemented(other.name);
    if (children.length > 1) throw malformedXml();
    await buckets.store.write(() => buckets.setEvents(buckets.get(request.bucket).name, children.length > 0));
    return { status: 200 };
  };
}

export function getNotification({ buckets }: S3State): S3Operation {
  return ({ bucket }) => {
    const content = buckets.get(bucket).sends_events === 1 ? { EventBridgeConfiguration: '' } : {};
    return { status: 200, body: renderXml('NotificationConfiguration', content, { hasNamespace: true }) };
  };
}

export function putCors({ buckets }: S3State): S3Operation {
  return async (request) => {
    const rules = parseCors(await readText(request));
    await buckets.store.write(() => buckets.setCors(buckets.get(request.bucket).name, JSON.stringify(rules)));
    return { status: 200 };
  };
}

export function getCors({ buckets }: S3State): S3Operation {
  return ({ bucket }) => {
    const rules = rulesOf(buckets.get(bucket));
    if (rules === undefined) {
      throw new S3Error(404, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist', {
        BucketName: bucket,
      });
    }
    return { status: 200, body: renderCors(rules) };
  };
}

export function deleteCors({ buckets }: S3State): S3Operation {
  return async ({ bucket }) => {
    await buckets.store.write(() => buckets.setCors(buckets.get(bucket).name, null));
    return { status: 204 };
  };
}

/** The CORS rules of a bucket; undefined when there is no bucket, or it has none. */
export const rulesOf = (bucket: Bucket | undefined): CorsRule[] | undefined =>
  bucket?.cors ? (JSON.parse(bucket.cors) as CorsRule[]) : undefined;
