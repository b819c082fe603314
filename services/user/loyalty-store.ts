import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { LoyaltyEntry, LoyaltyState, OrderNews } from './loyalty.ts';

interface EntryRow {
  orderId: string;
  userId: string;
  state: LoyaltyState;
  points: string | null;
  version: number;
  at: Date;
}

const entryOf = ({ points, ...rest }: EntryRow): LoyaltyEntry => ({
  ...rest,
  points: points === null ? undefined : Number(points),
});

/**
 * The entries of these orders, made where there are none, and nobody else writes them until the transaction ends. Locked in the
 * order of their ids: the events of one order come through several queues at once.
 */
export async function lockEntries(tx: Transaction, news: readonly OrderNews[]): Promise<Map<string, LoyaltyEntry>> {
  const orders = [...new Map(news.map((each) => [each.orderId, each])).values()];
  const ids = orders.map(({ orderId }) => orderId);
  const users = orders.map(({ userId }) => userId);
  await sqlOf(tx)`
    insert into loyalty_entry (order_id, user_id, state, version, at)
    select order_id, user_id, 'pending', 0, to_timestamp(0)
    from unnest(${ids}::uuid[], ${users}::uuid[]) as given (order_id, user_id) order by order_id
    on conflict do nothing`;
  const rows = await sqlOf(tx)<EntryRow[]>`
    select order_id as "orderId", user_id as "userId", state, points, version, at
    from loyalty_entry where order_id = any(${ids}::uuid[]) order by order_id for update`;
  return new Map(rows.map((row) => [row.orderId, entryOf(row)]));
}

/** Writes entries that `lockEntries` gave. */
export async function saveEntries(tx: Transaction, entries: readonly LoyaltyEntry[]): Promise<void> {
  const column = (pick: (entry: LoyaltyEntry) => string | null): (string | null)[] => entries.map(pick);
  await sqlOf(tx)`
    update loyalty_entry set state = given.state, points = given.points, version = given.version, at = given.at
    from unnest(
      ${column(({ orderId }) => orderId)}::uuid[], ${column(({ state }) => state)}::text[],
      ${column(({ points }) => (points === undefined ? null : String(points)))}::bigint[],
      ${column(({ version }) => String(version))}::integer[], ${column(({ at }) => at.toISOString())}::timestamptz[]
    ) as given (order_id, state, points, version, at)
    where loyalty_entry.order_id = given.order_id`;
}

/** What somebody's orders are worth: the sums of their entries, which nothing else keeps. */
export async function readPoints(
  db: PostgresJsDatabase,
  userId: string,
): Promise<{ points: number; pendingPoints: number }> {
  const [row] = await sqlOf(db)<{ points: string; pendingPoints: string }[]>`
    select coalesce(sum(points) filter (where state = 'granted'), 0) as points,
      coalesce(sum(points) filter (where state = 'pending'), 0) as "pendingPoints"
    from loyalty_entry where user_id = ${userId}`;
  return { points: Number(row?.points ?? 0), pendingPoints: Number(row?.pendingPoints ?? 0) };
}

/** Entries whose points are known, newest order first. */
export async function readEntries(
  db: PostgresJsDatabase,
  wish: { userId: string; before: string | undefined; limit: number },
): Promise<LoyaltyEntry[]> {
  const { userId, limit, before = 'ffffffff-ffff-ffff-ffff-ffffffffffff' } = wish;
  const rows = await sqlOf(db)<EntryRow[]>`
    select order_id as "orderId", user_id as "userId", state, points, version, at from loyalty_entry
    where user_id = ${userId} and order_id < ${before} and points is not null
    order by order_id desc limit ${limit}`;
  return rows.map(entryOf);
}

export async function removeEntries(tx: Transaction, userId: string): Promise<void> {
  await sqlOf(tx)`delete from loyalty_entry where user_id = ${userId}`;
}
