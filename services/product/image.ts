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
        // A second event about an object that was looked at, or one whose form was given up long ago.
        if ((await lockUpload(tx, key)) !== 'waiting') continue;
        const now = clock.now();
        if (found.outcome === 'refused') {
          log.warn({ productId, reason: found.reason }, 'an image was refused');
          await refuseImage(tx, { key, reason: found.reason, now });
        } else await takeImage(tx, { key, productId, now });
      }
      return applied;
    },
  };
}
