import type { ObjectCreated } from '@millrace/catalog/events/s3.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { lockUpload, refuseImage, takeImage } from './image-store.ts';

export const maxImageBytes = 5 * 1024 * 1024;

/** Looks at an object that was uploaded, and makes it the product's image or refuses it. */
export function imageReaction(parts: { uploads: Uploads; clock: Clock; log: Log }): Reaction {
  const { uploads, clock, log } = parts;
  return {
    // Each asks the bucket: one after the other would be too long for one transaction.
    batchSize: 1,
    handle: async (tx, events: EventEnvelope<typeof ObjectCreated>[]) => {
      for (const { data } of events) {
        const { key } = data.object;
        const productId = uploads.ownerOf(key);
        if (productId === undefined) {
          log.warn({ key }, 'an object that is no upload of ours');
          continue;
        }
        const found = await uploads.inspectImage(key, { maxBytes: maxImageBytes });
        const state = await lockUpload(tx, key);
        // One that was refused or replaced, or whose form was given up long ago. One that is shown is looked at again: its form
        // stays good for a while, and what lies there now may be something else.
        if (state !== 'waiting' && state !== 'ready') continue;
        const now = clock.now();
        if (found.outcome === 'refused') {
          log.warn({ productId, reason: found.reason }, 'an image was refused');
          await refuseImage(tx, { key, productId, reason: found.reason, now });
        } else if (state === 'waiting') await takeImage(tx, { key, productId, now });
      }
      return applied;
    },
  };
}
