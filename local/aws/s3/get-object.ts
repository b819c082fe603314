import type { FileHandle } from 'node:fs/promises';
import type { StoredObject } from './bucket-store.ts';
import { overriddenHeaders } from './object-headers.ts';
import type { S3Operation, S3Request } from './request.ts';
import { noSuchKey, preconditionFailed, S3Error, slowDown } from './s3-error.ts';
import type { S3State } from './state.ts';

export function getObject(state: S3State): S3Operation {
  return async (request) => {
    const read = request.message.method === 'HEAD' ? { object: objectOf(state, request) } : await open(state, request);
    const { object, handle } = read as { object: StoredObject; handle?: FileHandle };
    try {
      if (!isChanged(request, object)) {
        await handle?.close();
        return { status: 304, headers: { etag: `"${object.etag}"`, 'last-modified': dateOf(object) } };
      }
      const range = rangeOf(request.header('range'), object.size);
      const { first, length } = range ?? { first: 0, length: object.size };
      const headers = {
        ...headersOf(request, object),
        'content-length': String(length),
        ...(range && { 'content-range': `bytes ${first}-${first + length - 1}/${object.size}` }),
        ...(!range && checksumHeaders(request, object)),
      };
      return { status: range ? 206 : 200, headers, ...(handle && { content: { handle, first, length } }) };
    } catch (error) {
      await handle?.close();
      throw error;
    }
  };
}

function objectOf({ buckets }: S3State, { bucket, key }: S3Request): StoredObject {
  const object = buckets.object(buckets.get(bucket).name, key);
  if (object === undefined) throw noSuchKey(key);
  return object;
}

const maxOpens = 5;

/** Between the look at the row and the open, the object can be replaced and its file removed: then look again. */
async function open(state: S3State, request: S3Request): Promise<{ object: StoredObject; handle: FileHandle }> {
  for (let attempt = 0; attempt < maxOpens; attempt += 1) {
    const object = objectOf(state, request);
    const handle = await state.files.open(object.file);
    if (handle !== undefined) return { object, handle };
  }
  throw slowDown();
}

const dateOf = (object: StoredObject): string => new Date(object.modified_at).toUTCString();

function headersOf(request: S3Request, object: StoredObject): Record<string, string> {
  return {
    ...(JSON.parse(object.headers) as Record<string, string>),
    ...overriddenHeaders(request),
    etag: `"${object.etag}"`,
    'last-modified': dateOf(object),
    'accept-ranges': 'bytes',
  };
}

function checksumHeaders(request: S3Request, object: StoredObject): Record<string, string> {
  if (request.header('x-amz-checksum-mode')?.toUpperCase() !== 'ENABLED') return {};
  return { 'x-amz-checksum-crc32': object.crc32, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** Whether the object must be sent; throws PreconditionFailed. */
function isChanged(request: S3Request, object: StoredObject): boolean {
  const wanted = request.header('if-match');
  const known = request.header('if-none-match');
  const modifiedAt = Math.floor(object.modified_at / 1000) * 1000;
  if (wanted !== undefined && !names(wanted, object)) throw preconditionFailed('If-Match');
  if (wanted === undefined && modifiedAt > Date.parse(request.header('if-unmodified-since') ?? '')) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (known !== undefined) return !names(known, object);
  return !(modifiedAt <= Date.parse(request.header('if-modified-since') ?? ''));
}

const names = (etags: string, { etag }: StoredObject): boolean =>
  etags.split(',').some((one) => ['*', etag, `"${etag}"`, `W/"${etag}"`].includes(one.trim()));

/** One range of bytes. As S3 does, several ranges and what is no range ask for the whole object. */
function rangeOf(header: string | undefined, size: number): { first: number; length: number } | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [from = '', to = ''] = found?.slice(1) ?? [];
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      RangeRequested: header ?? '',
      ActualObjectSize: String(size),
    });
  }
  return { first, length: last - first + 1 };
}
