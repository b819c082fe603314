import type { Address } from './address.ts';
import { notImplemented, S3Error } from './s3-error.ts';

/** The operation of a method on the service, a bucket or an object, where the query names no part of it. */
const plain: Record<'service' | 'bucket' | 'object', Record<string, string>> = {
  service: { GET: 'ListBuckets' },
  bucket: { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket', POST: 'PostObject' },
  object: { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' },
};

/** The operations of parts of a bucket that the query names. */
const parts: Record<string, Record<string, string>> = {
  cors: { PUT: 'PutBucketCors', GET: 'GetBucketCors', DELETE: 'DeleteBucketCors' },
  notification: { PUT: 'PutBucketNotificationConfiguration', GET: 'GetBucketNotificationConfiguration' },
  delete: { POST: 'DeleteObjects' },
  'list-type': { GET: 'ListObjectsV2' },
};

/** Everything else that a query can name in S3. An operation is never taken for a simpler one. */
const missingParts = new Set(
  `abac accelerate acl analytics append attributes encryption intelligent-tiering inventory legal-hold lifecycle location logging
  metadataConfiguration metadataTable metrics object-lock ownershipControls partNumber policy policyStatus
  publicAccessBlock renameObject replication requestPayment restore retention select session tagging torrent uploadId
  uploads versionId versioning versions website`.split(/\s+/),
);

/** The name of the operation that a request asks for. Throws NotImplemented and MethodNotAllowed. */
export function operationName(method: string, { bucket, key, query }: Address): string {
  const kind = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const missing = [...query.keys()].find((name) => missingParts.has(name));
  if (missing !== undefined) throw notImplemented(missing);
  const part = [...query.keys()].find((name) => Object.hasOwn(parts, name));
  if (part !== undefined && kind === 'bucket') {
    const name = parts[part]?.[method];
    if (name !== undefined) return name;
    throw methodNotAllowed(method);
  }
  if (kind === 'bucket' && method === 'GET') throw notImplemented('ListObjects');
  const name = plain[kind][method];
  if (name === undefined) throw methodNotAllowed(method);
  return name;
}

const methodNotAllowed = (method: string): S3Error =>
  new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    Method: method,
    ResourceType: 'OBJECT',
  });
