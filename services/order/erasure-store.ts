import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type postgres from 'postgres';

/**
 * Forgets people: at once where their order has ended, and from now on at the end of those that are on their way. The keys of
 * their requests go too.
 */
export async function forgetPeople(
  tx: Transaction,
  { userIds, now }: { userIds: readonly string[]; now: Date },
): Promise<void> {
  const sql = sqlOf(tx);
  const people = [...new Set(userIds)].sort();
  await sql`
    insert into forgotten_person (user_id, forgotten_at) select unnest(${people}::uuid[]), ${now}::timestamptz
    on conflict (user_id) do update set forgotten_at = excluded.forgotten_at`;
  await sql`
    with theirs as (
      select id from shop_order where user_id = any(${people}::uuid[]) order by id for update
    )
    update shop_order set ${forgotten(sql)} from theirs where shop_order.id = theirs.id`;
  await sql`delete from idempotency_key where caller = any(${people}::text[])`;
}

/**
 * Forgets what was being placed while its person was forgotten, before `until`: it was begun before that and committed later.
 * Another process that does the same takes other people.
 * @returns how many orders there were.
 */
export async function forgetLatecomers(
  tx: Transaction,
  { until, limit }: { until: Date; limit: number },
): Promise<number> {
  const sql = sqlOf(tx);
  const people = await sql<{ userId: string; forgottenAt: Date }[]>`
    delete from forgotten_person where user_id = any(array(
      select user_id from forgotten_person where forgotten_at <= ${until} limit ${limit} for update skip locked))
    returning user_id as "userId", forgotten_at as "forgottenAt"`;
  if (people.length === 0) return 0;
  const late = await sql<{ id: string }[]>`
    with theirs as (
      select id from shop_order join unnest(
        ${people.map(({ userId }) => userId)}::uuid[],
        ${people.map(({ forgottenAt }) => forgottenAt.toISOString())}::timestamptz[]) as person (user_id, forgotten_at)
        using (user_id)
      where placed_at <= forgotten_at and not is_erased order by id for update of shop_order
    )
    update shop_order set ${forgotten(sql)} from theirs where shop_order.id = theirs.id returning shop_order.id`;
  await sql`
    delete from idempotency_key
    where caller = any(${people.map(({ userId }) => userId)}::text[]) and result = any(${late.map(({ id }) => id)}::text[])`;
  return late.length;
}

const forgotten = (sql: postgres.ISql) => sql`
  is_erased = true,
  user_id = case when due_at is null then null else user_id end,
  address = case when due_at is null then null else address end`;
