import type { FileHandle } from 'node:fs/promises';
import type { StoredObject } from './bucket-store.ts';
import { Measure } from './measure.ts';
import { noticeQueues, publishChange } from './object-event.ts';
import type { Payload } from './payload.ts';
import type { S3Request } from './request.ts';
import { entityTooLarge, entityTooSmall, preconditionFailed } from './s3-error.ts';
import type { S3State } from './state.ts';

interface Upload {
  key: string;
  reason: 'PutObject' | 'PostObject';
  headers: Record<string, string>;
  payload: Payload;
  minBytes: number;
  maxBytes: number;
  /** Refused when the key has an object already. */
  mustBeNew: boolean;
}

/** The largest object, and the largest upload that is looked at. */
export const maxObjectBytes = 100 * 1024 * 1024;

/** Streams a new object to the disk, and makes it and its event visible in one transaction; or leaves nothing behind. */
export async function keepObject(state: S3State, request: S3Request, upload: Upload): Promise<StoredObject> {
  const content = await state.files.write((handle) => writeContent(handle, upload));
  const object = { ...content, key: upload.key, modified_at: state.now(), headers: JSON.stringify(upload.headers) };
  try {
    const replaced = await commit(state, request, { upload, object });
    if (replaced !== undefined) await state.files.remove([replaced]);
    return object;
  } catch (error) {
    if (!state.buckets.isUsed(object.file)) await state.files.remove([object.file]);
    throw error;
  }
}

async function writeContent(
  handle: FileHandle,
  upload: Upload,
): Promise<{ size: number; etag: string; crc32: string }> {
  const { source, checksums, expected } = upload.payload;
  const measure = new Measure(checksums);
  async function* measured(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      measure.update(chunk);
      if (measure.size > upload.maxBytes) throw entityTooLarge(upload.maxBytes);
      yield chunk;
    }
  }
  if ((expected().length ?? 0) > upload.maxBytes) throw entityTooLarge(upload.maxBytes);
  await handle.writeFile(measured());
  if (measure.size < upload.minBytes) throw entityTooSmall(upload.minBytes);
  const content = measure.finish(expected());
  await handle.datasync();
  return content;
}

/** Returns the file of the object that was replaced. */
async function commit(
  state: S3State,
  request: S3Request,
  { upload, object }: { upload: Upload; object: StoredObject },
): Promise<string | undefined> {
  const { buckets } = state;
  const { replaced, queues } = await buckets.store.write(() => {
    const bucket = buckets.get(request.bucket);
    const previous = buckets.object(bucket.name, object.key);
    if (upload.mustBeNew && previous !== undefined) throw preconditionFailed('If-None-Match');
    buckets.put(bucket.name, object);
    const { key, size, etag } = object;
    const change = {
      bucket,
      detailType: 'Object Created',
      reason: upload.reason,
      object: { key, size, etag },
    } as const;
    return { replaced: previous?.file, queues: publishChange(state, request, change) };
  });
  noticeQueues(state, queues);
  return replaced;
}
