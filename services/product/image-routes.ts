import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { imageTypes } from '@millrace/runtime/uploads-rules.ts';
import { z } from 'zod';
import type { ApiParts } from './api-parts.ts';
import { mayWrite, noProduct, productParams } from './api-parts.ts';
import { maxImageBytes } from './image.ts';
import { addUpload } from './image-store.ts';
import { findProduct } from './product-store.ts';

const imageWish = z.strictObject({ contentType: z.string().max(100), sizeBytes: z.int().min(1) });

/** A form as a page sends it: multipart, `fields` first and then the field `file`. */
const uploadForm = z.object({
  url: z.url(),
  fields: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
  maxBytes: z.int(),
});

/** Images go straight to the bucket; this only permits it. */
export function imageRoutes(parts: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/products/:id/image',
      operationId: 'uploadImage',
      summary: 'Permits one upload of an image, which is looked at when it is there.',
      policy: mayWrite,
      params: productParams,
      body: { schema: imageWish },
      responses: { 201: { description: 'Where and how to send it.', schema: uploadForm } },
      handle: async ({ params, body }) => {
        const type = imageTypes.find((known) => known === body.contentType);
        if (!type) throw new Problem(415, 'unsupported-image', 'An image is image/png, image/jpeg or image/webp.');
        if (body.sizeBytes > maxImageBytes) {
          throw new Problem(413, 'too-large', `An image may have ${maxImageBytes} bytes.`);
        }
        const row = await findProduct(parts.database.db, params.id);
        if (!row) throw noProduct();
        const form = await parts.uploads.offer({ ownerId: row.id, type, maxBytes: maxImageBytes });
        await addUpload(parts.database.db, { key: form.key, productId: row.id, now: parts.clock.now() });
        const { url, fields, expiresAt, maxBytes } = form;
        return json(201, { url, fields, expiresAt: expiresAt.toISOString(), maxBytes });
      },
    }),
  ];
}
