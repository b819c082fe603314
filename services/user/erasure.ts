import { appendEvents } from '@millrace/runtime/outbox.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import { addUnwanted, removeAvatar } from './avatar-store.ts';
import { removeEntries } from './loyalty-store.ts';
import { erasePerson, erasureEvents } from './profile.ts';
import { decideProfile, lockPerson } from './profile-store.ts';
import type { UserParts } from './user-parts.ts';

/**
 * Forgets a person: profile, picture and points go, and UserErased is published. A second time changes nothing and publishes
 * nothing.
 */
export async function erase(parts: Pick<UserParts, 'database' | 'clock' | 'random'>, userId: string): Promise<void> {
  await inTransaction(parts.database, async (tx) => {
    await lockPerson(tx, userId);
    const now = parts.clock.now();
    const erasure = await decideProfile(tx, userId, (known) => erasePerson(known, { userId, now }));
    if (erasure.outcome === 'unchanged') return;
    await addUnwanted(tx, await removeAvatar(tx, userId), now);
    await removeEntries(tx, userId);
    await appendEvents(tx, erasureEvents(erasure, parts));
  });
}
