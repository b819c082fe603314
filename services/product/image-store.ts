import type { Database, Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import { eq } from 'drizzle-orm';
import { imageUploadTable } from './schema.ts';

/** Notes an upload that was permitted. */
export async function addUpload(
  db: Database['db'],
  upload: { key: string; productId: string; now: Date },
): Promise<void> {
  const { key, productId, now } = upload;
  await db.insert(imageUploadTable).values({ key, productId, createdAt: now, updatedAt: now, state: 'waiting' });
}

/** Locks an upload. @returns its state, or nothing when it was never permitted or is long over. */
export async function lockUpload(tx: Transaction, key: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ state: imageUploadTable.state })
    .from(imageUploadTable)
    .where(eq(imageUploadTable.key, key))
    .for('update');
  return row?.state;
}

/** Makes an upload the image of its product, unless a later one is that already: keys of one product grow with time. */
export async function takeImage(
  tx: Transaction,
  image: { key: string; productId: string; now: Date },
): Promise<'taken' | 'late'> {
  const { key, productId, now } = image;
  const sql = sqlOf(tx);
  const taken = await sql`
    update product set image_key = ${key}
    where id = ${productId} and (image_key is null or image_key collate "C" < ${key}) returning id`;
  const isTaken = taken.length > 0;
  await sql`
    update image_upload set updated_at = ${now}, state = case when (key = ${key}) = ${isTaken} then 'ready' else 'replaced' end
    where product_id = ${productId} and (key = ${key} or (${isTaken} and state = 'ready'))`;
  return isTaken ? 'taken' : 'late';
}

/** Notes why an upload is not taken; its product does not show it any more. */
export async function refuseImage(
  tx: Transaction,
  refusal: { key: string; productId: string; reason: string; now: Date },
): Promise<void> {
  const { key, productId, reason, now } = refusal;
  await sqlOf(tx)`update product set image_key = null where id = ${productId} and image_key = ${key}`;
  await tx
    .update(imageUploadTable)
    .set({ state: 'refused', reason, updatedAt: now })
    .where(eq(imageUploadTable.key, key));
}

/** Locks uploads that nobody needs any more: refused or replaced ones, and forms that were never used. */
export async function lockOldUploads(
  tx: Transaction,
  options: { over: Date; unused: Date; limit: number },
): Promise<string[]> {
  const rows = await sqlOf(tx)<{ key: string }[]>`
    select key from image_upload
    where (state in ('refused', 'replaced') and updated_at < ${options.over})
      or (state = 'waiting' and updated_at < ${options.unused})
    order by updated_at limit ${options.limit} for update skip locked`;
  return rows.map(({ key }) => key);
}

export async function removeUpload(tx: Transaction, key: string): Promise<void> {
  await tx.delete(imageUploadTable).where(eq(imageUploadTable.key, key));
}

/** Puts off an upload that could not be removed: the others come first. */
export async function postponeUpload(tx: Transaction, upload: { key: string; now: Date }): Promise<void> {
  const { key, now } = upload;
  await tx.update(imageUploadTable).set({ updatedAt: now }).where(eq(imageUploadTable.key, key));
}
