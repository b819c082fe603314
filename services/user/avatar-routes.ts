import { Problem } from '@millrace/runtime/problem.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import type { ImageType } from '@millrace/runtime/uploads-rules.ts';
import { imageTypes } from '@millrace/runtime/uploads-rules.ts';
import { z } from 'zod';
import { offerUpload } from './avatar.ts';
import { addUnwanted, lockAvatar, saveAvatar } from './avatar-store.ts';
import { expectRegistered } from './profile.ts';
import { lockProfile } from './profile-store.ts';
import type { UserParts } from './user-parts.ts';

/** The largest picture. */
export const maxAvatarBytes = 2 * 1024 * 1024;

const uploadBody = z.strictObject({ contentType: z.string().min(1).max(100), sizeBytes: z.int().min(1) });
const formView = z.object({
  url: z.url(),
  fields: z.record(z.string(), z.string()),
  expiresAt: z.iso.datetime(),
  maxBytes: z.int(),
});

/** A form for a new picture. What is uploaded is looked at before it is shown. */
export function avatarRoutes(parts: UserParts): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/users/me/avatar',
      operationId: 'offerAvatar',
      summary:
        'Permits the upload of a picture: a multipart POST of `fields` and then `file` to `url`, within ten minutes.',
      policy: 'person',
      body: { schema: uploadBody },
      responses: { 201: { description: 'The form. An earlier one does not count any more.', schema: formView } },
      handle: async ({ subject, body }) => {
        const userId = userIdOf(subject);
        const form = await parts.uploads.offer({ ownerId: userId, type: checkUpload(body), maxBytes: maxAvatarBytes });
        await inTransaction(parts.database, async (tx) => {
          // Held, so that nobody is erased in between.
          expectRegistered(await lockProfile(tx, userId));
          const offer = { userId, key: form.key, until: form.expiresAt };
          const { avatar, unwanted } = offerUpload(await lockAvatar(tx, userId), offer);
          await saveAvatar(tx, avatar);
          await addUnwanted(tx, unwanted, parts.clock.now());
        });
        const { url, fields, expiresAt, maxBytes } = form;
        return json(201, { url, fields, expiresAt: expiresAt.toISOString(), maxBytes });
      },
    }),
  ];
}

/** @throws Problem 415 or 413. */
function checkUpload({ contentType, sizeBytes }: z.output<typeof uploadBody>): ImageType {
  const type = imageTypes.find((known) => known === contentType);
  if (!type) throw new Problem(415, 'unsupported-image', `A picture is one of ${imageTypes.join(', ')}.`);
  if (sizeBytes <= maxAvatarBytes) return type;
  throw new Problem(413, 'too-large', `A picture may have ${maxAvatarBytes} bytes.`);
}
