import { createHash } from 'node:crypto';
import { checkKey } from './address.ts';
import { noticeQueues, publishChange } from './object-event.ts';
import type { S3Operation, S3Request } from './request.ts';
import { readText } from './request.ts';
import { malformedXml, notImplemented, S3Error } from './s3-error.ts';
import type { S3State } from './state.ts';
import { parseXml, renderXml, textsOf } from './xml.ts';

const maxKeys = 1000;

export function deleteObject(state: S3State): S3Operation {
  return async (request) => {
    if (request.header('if-match') !== undefined) throw notImplemented('If-Match');
    await removeKeys(state, request, [request.key]);
    return { status: 204 };
  };
}

export function deleteObjects(state: S3State): S3Operation {
  return async (request) => {
    const text = await readText(request);
    const md5 = request.header('content-md5');
    if (md5 !== undefined && md5 !== createHash('md5').update(text).digest('base64')) {
      throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    const root = parseXml(text, 'Delete');
    const objects = root.children.filter(({ name }) => name === 'Object');
    const keys = objects.map((object) => {
      const unknown = object.children.find(({ name }) => name !== 'Key');
      if (unknown !== undefined) throw notImplemented(unknown.name);
      const [key, ...others] = object.children;
      if (key === undefined || key.text === '' || others.length > 0) throw malformedXml();
      return checkKey(key.text);
    });
    if (keys.length === 0 || keys.length > maxKeys) throw malformedXml();
    await removeKeys(state, request, keys);
    const isQuiet = textsOf(root, 'Quiet').includes('true');
    const content = isQuiet ? {} : { Deleted: keys.map((Key) => ({ Key })) };
    return { status: 200, body: renderXml('DeleteResult', content, { hasNamespace: true }) };
  };
}

/** Deletes what is there; a key without an object is no failure and no event. */
async function removeKeys(state: S3State, request: S3Request, keys: readonly string[]): Promise<void> {
  const { buckets } = state;
  const removed = await buckets.store.write(() => {
    const bucket = buckets.get(request.bucket);
    return keys.flatMap((key) => {
      const object = buckets.object(bucket.name, key);
      if (object === undefined) return [];
      buckets.remove(bucket.name, key);
      const change = { bucket, detailType: 'Object Deleted', reason: 'DeleteObject', object: { key } } as const;
      return [{ file: object.file, queues: publishChange(state, request, change) }];
    });
  });
  noticeQueues(
    state,
    removed.flatMap(({ queues }) => queues),
  );
  await state.files.remove(removed.map(({ file }) => file));
}
