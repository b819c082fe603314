import { encode } from './address.ts';
import type { StoredObject } from './bucket-store.ts';
import type { S3Operation, S3Request } from './request.ts';
import { invalidArgument } from './s3-error.ts';
import type { S3State } from './state.ts';
import { renderXml } from './xml.ts';

const maxEntries = 1000;

type Entry = { key: string; object: StoredObject } | { key: string; prefix: string };

export function listObjects(state: S3State): S3Operation {
  return (request) => {
    const { query } = request;
    const bucket = state.buckets.get(request.bucket).name;
    const wanted = limitIn(query.get('max-keys'));
    const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
    const token = query.get('continuation-token');
    const startAfter = query.get('start-after');
    const after = token === undefined ? (startAfter ?? '') : cursorOf(token);
    const entries = entriesOf(state, { bucket, prefix, delimiter, after, wanted: wanted + 1 });
    const shown = entries.slice(0, wanted);
    const spell = spellingOf(request);
    const last = shown.at(-1);
    const isTruncated = entries.length > wanted && last !== undefined;
    const content = {
      Name: bucket,
      Prefix: spell(prefix),
      ...(delimiter !== '' && { Delimiter: spell(delimiter) }),
      ...(token !== undefined && { ContinuationToken: token }),
      ...(startAfter !== undefined && { StartAfter: spell(startAfter) }),
      KeyCount: shown.length,
      MaxKeys: wanted,
      ...(query.has('encoding-type') && { EncodingType: 'url' }),
      IsTruncated: isTruncated,
      ...(isTruncated && { NextContinuationToken: Buffer.from(last.key).toString('base64url') }),
      Contents: shown.flatMap((entry) => ('object' in entry ? [describe(entry.object, spell)] : [])),
      CommonPrefixes: shown.flatMap((entry) => ('prefix' in entry ? [{ Prefix: spell(entry.prefix) }] : [])),
    };
    return { status: 200, body: renderXml('ListBucketResult', content, { hasNamespace: true }) };
  };
}

function limitIn(text: string | undefined): number {
  if (text === undefined || text === '') return maxEntries;
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text), maxEntries);
  throw invalidArgument('Provided max-keys not an integer or within integer range', { ArgumentName: 'max-keys' });
}

function cursorOf(token: string): string {
  const cursor = Buffer.from(token, 'base64url').toString();
  if (cursor !== '' && Buffer.from(cursor).toString('base64url') === token) return cursor;
  throw invalidArgument('The continuation token provided is incorrect', { ArgumentName: 'continuation-token' });
}

function spellingOf({ query }: S3Request): (text: string) => string {
  const type = query.get('encoding-type');
  if (type === undefined) return (text) => text;
  if (type === 'url') return (text) => text.split('/').map(encode).join('/');
  throw invalidArgument('Invalid Encoding Method specified in Request', { ArgumentName: 'encoding-type' });
}

const describe = (object: StoredObject, spell: (text: string) => string) => ({
  Key: spell(object.key),
  LastModified: new Date(object.modified_at).toISOString(),
  ETag: `"${object.etag}"`,
  ChecksumAlgorithm: 'CRC32',
  ChecksumType: 'FULL_OBJECT',
  Size: object.size,
  StorageClass: 'STANDARD',
});

interface Listing {
  bucket: string;
  prefix: string;
  delimiter: string;
  /** Only what comes after this key or common prefix. */
  after: string;
  wanted: number;
}

/** Keys in the order of their bytes; those that share what comes before the delimiter are one entry. */
function entriesOf({ buckets }: S3State, { bucket, prefix, delimiter, after, wanted }: Listing): Entry[] {
  const entries: Entry[] = [];
  const isPrefix = delimiter !== '' && after.startsWith(prefix) && after.endsWith(delimiter);
  let from = isPrefix ? `${after}${lastCharacter}` : `${after}\u0000`;
  if (after === '' || Buffer.compare(Buffer.from(from), Buffer.from(prefix)) < 0) from = prefix;
  while (entries.length < wanted) {
    const object = buckets.firstFrom(bucket, from);
    if (object?.key.startsWith(prefix) !== true) break;
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const common = object.key.slice(0, end + delimiter.length);
    entries.push(end < 0 ? { key: object.key, object } : { key: common, prefix: common });
    from = end < 0 ? `${object.key}\u0000` : `${common}${lastCharacter}`;
  }
  return entries;
}

/** Comes after every character that keys are made of. */
const lastCharacter = '\u{10ffff}';
