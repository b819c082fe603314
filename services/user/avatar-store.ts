import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { Avatar } from './avatar.ts';

/** Reads a row as `to_jsonb` writes it. */
export function avatarOf(row: Record<string, unknown>): Avatar {
  return {
    userId: row['user_id'],
    state: row['state'],
    refusal: row['refusal'],
    imageKey: row['image_key'],
    uploadKey: row['upload_key'],
    offeredUntil: new Date(String(row['offered_until'])),
  } as Avatar;
}

/** Reads an avatar as it is at this moment; others may write it. */
export async function findAvatar(tx: Transaction, userId: string): Promise<Avatar | undefined> {
  const [row] = await sqlOf(tx)<{ avatar: Record<string, unknown> }[]>`
    select to_jsonb(avatar) as avatar from avatar where user_id = ${userId}`;
  return row && avatarOf(row.avatar);
}

/** Reads an avatar and keeps others from writing it until the transaction ends. */
export async function lockAvatar(tx: Transaction, userId: string): Promise<Avatar | undefined> {
  const [row] = await sqlOf(tx)<{ avatar: Record<string, unknown> }[]>`
    select to_jsonb(avatar) as avatar from avatar where user_id = ${userId} for update`;
  return row && avatarOf(row.avatar);
}

export async function saveAvatar(tx: Transaction, avatar: Avatar): Promise<void> {
  const { userId, state, refusal, imageKey, uploadKey, offeredUntil } = avatar;
  await sqlOf(tx)`
    insert into avatar (user_id, state, refusal, image_key, upload_key, offered_until)
    values (${userId}, ${state}, ${refusal}, ${imageKey}, ${uploadKey}, ${offeredUntil})
    on conflict (user_id) do update set state = excluded.state, refusal = excluded.refusal,
      image_key = excluded.image_key, upload_key = excluded.upload_key, offered_until = excluded.offered_until`;
}

/** Takes an avatar away. @returns the keys of its objects. */
export async function removeAvatar(tx: Transaction, userId: string): Promise<string[]> {
  const [row] = await sqlOf(tx)<{ keys: string[] }[]>`
    delete from avatar where user_id = ${userId}
    returning array_remove(array[image_key, upload_key], null) as keys`;
  return row?.keys ?? [];
}

/**
 * Notes objects that nobody needs any more. One that is taken away at this moment is noted again behind that: it may have been
 * uploaded anew in between.
 */
export async function addUnwanted(tx: Transaction, keys: readonly string[], now: Date): Promise<void> {
  if (keys.length === 0) return;
  await sqlOf(tx)`
    insert into unwanted_object (key, due_at) select key, ${now}::timestamptz
    from (select distinct unnest(${[...keys]}::text[]) as key order by key) as given
    on conflict (key) do update set due_at = excluded.due_at`;
}

/** Claims objects that are to be taken away now. */
export async function claimUnwanted(
  tx: Transaction,
  { now, limit }: { now: Date; limit: number },
): Promise<{ key: string; attempts: number }[]> {
  return sqlOf(tx)<{ key: string; attempts: number }[]>`
    select key, attempts from unwanted_object where due_at <= ${now}
    order by due_at limit ${limit} for update skip locked`;
}

export async function forgetUnwanted(tx: Transaction, keys: readonly string[]): Promise<void> {
  await sqlOf(tx)`delete from unwanted_object where key = any(${[...keys]}::text[])`;
}

/** Puts off an object that could not be taken away. */
export async function postponeUnwanted(tx: Transaction, object: { key: string; dueAt: Date }): Promise<void> {
  await sqlOf(tx)`
    update unwanted_object set due_at = ${object.dueAt}, attempts = attempts + 1 where key = ${object.key}`;
}
