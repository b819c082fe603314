import { z } from 'zod';
import { openToken, signToken } from './cursor.ts';
import type { Keyring } from './keyring.ts';
import { Problem } from './problem.ts';

/** The query of every list: how many, and where the page before ended. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(512).optional(),
});

/** The answer of every list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** What a cursor is good for: one list of one caller, under the service's keys. */
export interface CursorUse {
  signingKeys: Keyring;
  /** Names the list and whoever may go on with it, such as `orders:<user id>`. */
  purpose: string;
}

/** The place at which a list goes on. @throws Problem 400 for a cursor that we did not make for this list and caller. */
export async function readCursor<Position extends z.ZodType>(
  cursor: string | undefined,
  position: Position,
  use: CursorUse,
): Promise<z.output<Position> | undefined> {
  if (cursor === undefined) return undefined;
  const payload = await openToken(use.signingKeys, use.purpose, cursor);
  if (payload !== undefined) {
    const parsed = position.safeParse(JSON.parse(payload));
    if (parsed.success) return parsed.data;
  }
  throw new Problem(400, 'bad-cursor', 'Send the cursor of the page before, as it was.');
}

/**
 * Cuts rows to a page. Ask the store for `limit + 1` rows: the one more says that there is a next page.
 * `positionOf` gives what the store needs to go on after the last row of this page.
 */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  use: CursorUse & { positionOf: (row: Row) => unknown },
): { rows: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  if (rows.length <= limit || last === undefined) return { rows: page, nextCursor: null };
  return { rows: page, nextCursor: signToken(use.signingKeys, use.purpose, JSON.stringify(use.positionOf(last))) };
}
