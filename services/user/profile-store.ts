import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Avatar } from './avatar.ts';
import { avatarOf } from './avatar-store.ts';
import type { Profile } from './profile.ts';

/** Keeps these locks apart from others on hashes. */
const personLocks = 1;

interface ProfileRow {
  userId: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  email: string | null;
  name: string | null;
}

function profileOf({ email, name, ...rest }: ProfileRow): Profile {
  return { ...rest, person: email === null || name === null ? undefined : { email, name } };
}

/** A person's profile and picture, in one statement. */
export async function readProfile(
  db: PostgresJsDatabase | Transaction,
  userId: string,
): Promise<{ profile: Profile; avatar: Avatar | undefined } | undefined> {
  const [row] = await sqlOf(db)<(ProfileRow & { avatar: Record<string, unknown> | null })[]>`
    select profile.user_id as "userId", version, created_at as "createdAt", updated_at as "updatedAt", email, name,
      to_jsonb(avatar) as avatar
    from profile left join avatar using (user_id) where profile.user_id = ${userId}`;
  if (!row) return undefined;
  const { avatar, ...profile } = row;
  return { profile: profileOf(profile), avatar: avatar ? avatarOf(avatar) : undefined };
}

/** Reads a profile and keeps others from writing it until the transaction ends. */
export async function lockProfile(tx: Transaction, userId: string): Promise<Profile | undefined> {
  const [row] = await sqlOf(tx)<ProfileRow[]>`
    select user_id as "userId", version, created_at as "createdAt", updated_at as "updatedAt", email, name
    from profile where user_id = ${userId} for update`;
  return row && profileOf(row);
}

/**
 * Writes what `decide` makes of a profile; nobody else writes it until the transaction ends. `decide` may be asked twice: when
 * somebody adds the profile between the look and the writing, its first answer is void.
 */
export async function decideProfile<Decision extends { outcome: string; profile: Profile }>(
  tx: Transaction,
  userId: string,
  decide: (known: Profile | undefined) => Decision,
): Promise<Decision> {
  const known = await lockProfile(tx, userId);
  const decision = decide(known);
  if (known) {
    if (decision.outcome !== 'unchanged') await changeProfile(tx, decision.profile);
    return decision;
  }
  // Rows of profiles never go, so this ends with the second look.
  return (await addProfile(tx, decision.profile)) ? decision : decideProfile(tx, userId, decide);
}

/** Adds a profile. @returns whether there was none: somebody may have added it since it was looked for. */
async function addProfile(tx: Transaction, profile: Profile): Promise<boolean> {
  const { userId, version, createdAt, updatedAt, person } = profile;
  const rows = await sqlOf(tx)`
    insert into profile (user_id, version, created_at, updated_at, email, name)
    values (${userId}, ${version}, ${createdAt}, ${updatedAt}, ${person?.email ?? null}, ${person?.name ?? null})
    on conflict do nothing returning user_id`;
  return rows.length === 1;
}

/** Writes a profile that `lockProfile` gave. @throws Error when it is not the version before: then the lock was not held. */
async function changeProfile(tx: Transaction, profile: Profile): Promise<void> {
  const { userId, version, createdAt, updatedAt, person } = profile;
  const rows = await sqlOf(tx)`
    update profile set version = ${version}, created_at = ${createdAt}, updated_at = ${updatedAt},
      email = ${person?.email ?? null}, name = ${person?.name ?? null}
    where user_id = ${userId} and version = ${version - 1} returning user_id`;
  if (rows.length !== 1) throw new Error('A profile was written by two at once.');
}

/**
 * Of these people, those who were erased. Nobody of them is erased until the transaction ends: what it writes about a person
 * is there when an erasure looks for it.
 */
export async function holdErasures(tx: Transaction, userIds: readonly string[]): Promise<Set<string>> {
  const sql = sqlOf(tx);
  const ids = [...new Set(userIds)].sort();
  // A lock of its own, because not everybody with points has a row in profile; and a statement of its own, because the next
  // one must see what was committed while this one waited.
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(id, ${personLocks})) from unnest(${ids}::text[]) as id`;
  const rows = await sql<{ userId: string }[]>`
    select user_id as "userId" from profile where user_id = any(${ids}::uuid[]) and email is null`;
  return new Set(rows.map(({ userId }) => userId));
}

/** Waits until nobody writes anything about this person, and keeps everybody from it until the transaction ends. */
export async function lockPerson(tx: Transaction, userId: string): Promise<void> {
  await sqlOf(tx)`select pg_advisory_xact_lock(hashtextextended(${userId}, ${personLocks}))`;
}
