import { randomUUID } from 'node:crypto';
import { newEvent } from '../events/put-events.ts';
import { route } from '../events/route.ts';
import { accountId } from '../identity.ts';
import type { Queue } from '../sqs/queues.ts';
import { noticeMessage } from '../sqs/send.ts';
import type { Bucket } from './bucket-store.ts';
import type { S3Request } from './request.ts';
import type { S3State } from './state.ts';

interface Change {
  bucket: Bucket;
  detailType: 'Object Created' | 'Object Deleted';
  /** The operation that made the change, as S3 names it in events. */
  reason: string;
  object: { key: string; size?: number; etag?: string };
}

/**
 * Inside the write of the change: puts S3's event about it on the default bus, if the bucket sends events. Returns queues
 * with new messages.
 */
export function publishChange(state: S3State, request: S3Request, change: Change): Queue[] {
  const { bucket, detailType, reason, object } = change;
  const bus = state.buses.find('default');
  const sequencer = state.buckets.nextSequence(bucket.name).toString(16).toUpperCase().padStart(16, '0');
  if (bucket.sends_events === 0 || bus === undefined) return [];
  const detail = JSON.stringify({
    version: '0',
    bucket: { name: bucket.name },
    object: { ...object, sequencer },
    'request-id': request.id,
    requester: accountId,
    'source-ip-address': (request.message.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, ''),
    reason,
    ...(detailType === 'Object Deleted' && { 'deletion-type': 'Permanently Deleted' }),
  });
  const resources = [`arn:aws:s3:::${bucket.name}`];
  const facts = { id: randomUUID(), source: 'aws.s3', detailType, resources, detail, at: state.now() };
  return [...route(state, bus, { event: newEvent(facts) })];
}

/** After the write: wakes who waits for the messages. */
export function noticeQueues(state: S3State, queues: readonly Queue[]): void {
  for (const queue of new Set(queues)) noticeMessage(state.waiting, queue, queue.settings.delayMs);
}
