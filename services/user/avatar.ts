import type { Inspection } from '@millrace/runtime/uploads.ts';
import type { UploadRefusal } from '@millrace/runtime/uploads-rules.ts';

export const avatarStates = ['none', 'waiting', 'ready', 'refused'] as const;
export type AvatarState = (typeof avatarStates)[number];

/** The picture of a person. An old one is shown until a new one is ready. */
export interface Avatar {
  userId: string;
  state: AvatarState;
  refusal: UploadRefusal | null;
  /** The object that is shown. */
  imageKey: string | null;
  /** The upload that is waited for: the newest one alone counts. */
  uploadKey: string | null;
  offeredUntil: Date;
}

/** What becomes of an avatar, and the objects that nobody needs any more. */
export interface AvatarChange {
  avatar: Avatar;
  unwanted: string[];
}

/** How long S3's event may be under way after the last moment at which a form is taken. */
const patienceMs = 900_000;

/** A new upload takes the place of one that is waited for. */
export function offerUpload(
  known: Avatar | undefined,
  offer: { userId: string; key: string; until: Date },
): AvatarChange {
  const { userId, key, until } = offer;
  const unwanted = known?.uploadKey ? [known.uploadKey] : [];
  const imageKey = known?.imageKey ?? null;
  return {
    avatar: { userId, state: 'waiting', refusal: null, imageKey, uploadKey: key, offeredUntil: until },
    unwanted,
  };
}

/** Is this object the picture that is shown, or the upload that is waited for? */
export const isCurrent = (avatar: Avatar | undefined, key: string): avatar is Avatar =>
  avatar !== undefined && (avatar.uploadKey === key || avatar.imageKey === key);

/**
 * What an inspected object does to an avatar. One that is shown is looked at again when it was uploaded again: its form stays
 * good for a while.
 */
export function settleUpload(
  known: Avatar | undefined,
  { key, inspection }: { key: string; inspection: Inspection },
): AvatarChange | { avatar: undefined; unwanted: string[] } {
  if (!isCurrent(known, key)) return { avatar: undefined, unwanted: [key] };
  const isUpload = known.uploadKey === key;
  if (inspection.outcome === 'image') {
    if (!isUpload) return { avatar: known, unwanted: [] };
    const unwanted = known.imageKey ? [known.imageKey] : [];
    return { avatar: { ...known, state: 'ready', refusal: null, imageKey: key, uploadKey: null }, unwanted };
  }
  const refused = { ...known, state: 'refused', refusal: inspection.reason } as const;
  if (isUpload) return { avatar: { ...refused, uploadKey: null }, unwanted: [key] };
  return { avatar: { ...(known.uploadKey ? known : refused), imageKey: null }, unwanted: [key] };
}

/** What is said of an avatar: an upload that never came is not waited for any more. */
export function shownState(avatar: Avatar | undefined, now: Date): { state: AvatarState; reason?: UploadRefusal } {
  if (!avatar) return { state: 'none' };
  const { state, refusal, imageKey, offeredUntil } = avatar;
  if (state === 'waiting' && now.getTime() > offeredUntil.getTime() + patienceMs) {
    return { state: imageKey ? 'ready' : 'none' };
  }
  return { state, ...(refusal && { reason: refusal }) };
}
