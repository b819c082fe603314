import { checkIfMatch, etag, ifMatchHeader } from '@millrace/runtime/entity-tag.ts';
import { freeText } from '@millrace/runtime/free-text.ts';
import { appendEvents } from '@millrace/runtime/outbox.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, empty, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import { uploadRefusals } from '@millrace/runtime/uploads-rules.ts';
import { z } from 'zod';
import type { Avatar } from './avatar.ts';
import { avatarStates, shownState } from './avatar.ts';
import { findAvatar } from './avatar-store.ts';
import { erase } from './erasure.ts';
import type { Registered } from './profile.ts';
import { expectRegistered, isRegistered, savePerson, savingEvents } from './profile.ts';
import { decideProfile, readProfile } from './profile-store.ts';
import type { UserParts } from './user-parts.ts';

const path = '/api/users/me';

/** The part before the @ is its owner's business; a domain is the same in any case (RFC 5321, 2.4). */
const email = z
  .email()
  .max(254)
  .transform((text) => text.replace(/@.*$/, (domain) => domain.toLowerCase()));
const personBody = z.strictObject({ email, name: freeText(200) });

const profileView = z.object({
  id: z.uuid(),
  email: z.email(),
  name: z.string(),
  avatarUrl: z.url().nullable(),
  avatar: z.object({ state: z.enum(avatarStates), reason: z.enum(uploadRefusals).optional() }),
  version: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** The profile of a person: read, saved and erased by nobody else. */
export function profileRoutes(parts: UserParts): Route[] {
  return [readRoute(parts), saveRoute(parts), eraseRoute(parts)];
}

function readRoute(parts: UserParts): Route {
  return defineRoute({
    method: 'GET',
    path,
    operationId: 'readProfile',
    summary: "The caller's profile.",
    policy: 'person',
    responses: { 200: { description: 'The profile; ETag is its version.', schema: profileView } },
    handle: async ({ subject }) => {
      const found = await readProfile(parts.database.db, userIdOf(subject));
      const profile = expectRegistered(found?.profile);
      return json(200, await viewOf(parts, profile, found?.avatar), etag(profile.version));
    },
  });
}

function saveRoute(parts: UserParts): Route {
  return defineRoute({
    method: 'PUT',
    path,
    operationId: 'saveProfile',
    summary:
      'Registers the caller at the first time, and changes the profile later. If-Match guards against lost updates.',
    policy: 'person',
    headers: ifMatchHeader(false),
    body: { schema: personBody },
    responses: {
      200: { description: 'The profile as it is now.', schema: profileView },
      201: { description: 'The caller is registered.', schema: profileView },
    },
    handle: async ({ subject, body: person, headers }) => {
      const userId = userIdOf(subject);
      const { saving, avatar } = await inTransaction(parts.database, async (tx) => {
        const saved = await decideProfile(tx, userId, (known) => {
          checkIfMatch(headers, isRegistered(known) ? known.version : undefined);
          return savePerson(known, { userId, person, now: parts.clock.now() });
        });
        await appendEvents(tx, savingEvents(saved, parts));
        return { saving: saved, avatar: await findAvatar(tx, userId) };
      });
      const { outcome, profile } = saving;
      const view = await viewOf(parts, profile, avatar);
      if (outcome === 'registered') return json(201, view, { ...etag(profile.version), location: path });
      return json(200, view, etag(profile.version));
    },
  });
}

function eraseRoute(parts: UserParts): Route {
  return defineRoute({
    method: 'DELETE',
    path,
    operationId: 'eraseProfile',
    summary: 'Forgets the caller: name, address, picture and points. Every other service hears of it.',
    policy: 'person',
    responses: { 204: { description: 'Nothing is known of the caller any more.' } },
    handle: async ({ subject }) => {
      await erase(parts, userIdOf(subject));
      return empty(204);
    },
  });
}

async function viewOf(parts: UserParts, profile: Registered, avatar: Avatar | undefined): Promise<unknown> {
  const { userId, person, version, createdAt, updatedAt } = profile;
  return {
    id: userId,
    ...person,
    // A profile is shown, and a change that is committed is answered, also while no address can be signed.
    avatarUrl: avatar?.imageKey ? await parts.uploads.viewUrl(avatar.imageKey).catch(() => null) : null,
    avatar: shownState(avatar, parts.clock.now()),
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
