import { z } from 'zod';
import { defineForeignEvent } from '../event.ts';

/**
 * An upload is complete. S3 sends it to the default bus for buckets that have EventBridge switched on.
 * Source: Amazon S3 User Guide, "EventBridge event message structure".
 */
export const ObjectCreated = defineForeignEvent('ObjectCreated', {
  source: 'aws.s3',
  detailType: 'Object Created',
  data: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.int().min(0).optional(),
      etag: z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
});
