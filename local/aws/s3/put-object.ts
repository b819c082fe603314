import { keepObject, maxObjectBytes } from './keep-object.ts';
import { objectHeaders } from './object-headers.ts';
import { payloadOf } from './payload.ts';
import type { S3Operation, S3Request } from './request.ts';
import { notImplemented } from './s3-error.ts';
import type { S3State } from './state.ts';

export function putObject(state: S3State): S3Operation {
  return async (request) => {
    state.buckets.get(request.bucket);
    const object = await keepObject(state, request, {
      key: request.key,
      reason: 'PutObject',
      headers: objectHeaders(request),
      payload: payloadOf(request),
      minBytes: 0,
      maxBytes: maxObjectBytes,
      mustBeNew: mustBeNew(request),
    });
    return {
      status: 200,
      headers: { etag: `"${object.etag}"`, 'x-amz-checksum-crc32': object.crc32, 'x-amz-checksum-type': 'FULL_OBJECT' },
    };
  };
}

function mustBeNew(request: S3Request): boolean {
  if (request.header('if-match') !== undefined) throw notImplemented('If-Match');
  const condition = request.header('if-none-match');
  if (condition !== undefined && condition !== '*') throw notImplemented('If-None-Match');
  return condition === '*';
}
