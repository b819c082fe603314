import type { Database, Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { Purchase } from './recommendation.ts';
import { countPairs } from './recommendation.ts';

/** Counts what was bought together and remembers who bought it, in two statements however many purchases there are. */
export async function recordPurchases(tx: Transaction, purchases: readonly Purchase[], now: Date): Promise<void> {
  if (purchases.length === 0) return;
  const sql = sqlOf(tx);
  const bought = purchases.flatMap(({ userId, productIds }) => productIds.map((productId) => ({ userId, productId })));
  await sql`
    with counted as (
      insert into popularity as known (product_id, orders)
      select product_id, count(*) from unnest(${bought.map(({ productId }) => productId)}::uuid[]) as given (product_id)
      group by product_id order by product_id
      on conflict (product_id) do update set orders = known.orders + excluded.orders
    )
    insert into purchase as known (user_id, product_id, at)
    select distinct user_id, product_id, ${now}::timestamptz from unnest(
      ${bought.map(({ userId }) => userId)}::uuid[], ${bought.map(({ productId }) => productId)}::uuid[]
    ) as given (user_id, product_id)
    where not exists (select from profile where profile.user_id = given.user_id and is_erased)
    order by user_id, product_id
    on conflict (user_id, product_id) do update set at = greatest(known.at, excluded.at)`;
  const pairs = countPairs(purchases);
  if (pairs.length === 0) return;
  await sql`
    insert into co_purchase as known (product_id, other_id, orders)
    select * from unnest(
      ${pairs.map(({ productId }) => productId)}::uuid[], ${pairs.map(({ otherId }) => otherId)}::uuid[],
      ${pairs.map(({ orders }) => orders)}::integer[])
    on conflict (product_id, other_id) do update set orders = known.orders + excluded.orders`;
}

/** Somebody who registered, or asked to be forgotten. */
interface ProfileChange {
  userId: string;
  version: number;
}

/** Makes profiles with what is popular and new at this moment. @returns how many were made or made anew. */
export async function addProfiles(tx: Transaction, people: readonly ProfileChange[], now: Date): Promise<number> {
  const rows = await sqlOf(tx)`
    insert into profile as known (user_id, updated_at, version, is_erased, popular_ids, new_ids)
    select user_id, ${now}::timestamptz, version, false,
      array(select product_id from popularity order by orders desc limit ${firstPicks}),
      array(select id from product where is_active order by id desc limit ${firstPicks})
    from unnest(${people.map(({ userId }) => userId)}::uuid[], ${people.map(({ version }) => version)}::bigint[])
      as given (user_id, version) order by user_id
    on conflict (user_id) do update set version = excluded.version, updated_at = excluded.updated_at,
      is_erased = false, popular_ids = excluded.popular_ids, new_ids = excluded.new_ids
    where known.version < excluded.version returning user_id`;
  return rows.length;
}

/** Forgets what people bought and saw. Only their ids stay, so that late events do not bring the rest back. */
export async function eraseProfiles(tx: Transaction, people: readonly ProfileChange[], now: Date): Promise<number> {
  const rows = await sqlOf(tx)`
    with erased as (
      insert into profile as known (user_id, updated_at, version, is_erased, popular_ids, new_ids)
      select user_id, ${now}::timestamptz, version, true, '{}', '{}'
      from unnest(${people.map(({ userId }) => userId)}::uuid[], ${people.map(({ version }) => version)}::bigint[])
        as given (user_id, version) order by user_id
      on conflict (user_id) do update set version = excluded.version, updated_at = excluded.updated_at,
        is_erased = true, popular_ids = '{}', new_ids = '{}'
      where known.version < excluded.version returning user_id
    ), forgotten as (
      delete from purchase using erased where purchase.user_id = erased.user_id
    )
    select user_id from erased`;
  return rows.length;
}

/** What may be recommended to a person, beside or without a product. */
export interface RecommendationFacts {
  together: string[];
  popular: string[];
  newest: string[];
  bought: string[];
}

const firstPicks = 12;
const mostCandidates = 60;
const mostSeeds = 20;
const mostBought = 500;

/**
 * Reads candidates that are on sale and in stock: what goes with the product, or with what the person bought lately; what they
 * saw first, and what is popular and new. Every list is read from an index and has an end.
 */
export async function readCandidates(
  db: Database['db'],
  wish: { userId: string; productId: string | undefined },
): Promise<RecommendationFacts> {
  const { userId, productId = null } = wish;
  const [row] = await sqlOf(db)<RecommendationFacts[]>`
    with bought as materialized (
      select product_id, at from purchase where user_id = ${userId} order by at desc limit ${mostBought}
    ), seed as (
      select product_id from (
        select ${productId}::uuid as product_id
        union all
        (select product_id from bought where ${productId}::uuid is null order by at desc limit ${mostSeeds})
      ) as any_seed where product_id is not null
    ), pair as (
      select best.other_id as id, sum(best.orders) as orders from seed cross join lateral (
        select other_id, orders from co_purchase where co_purchase.product_id = seed.product_id
        order by orders desc limit ${mostCandidates}
      ) as best group by best.other_id
    ), picked as (select popular_ids, new_ids from profile where user_id = ${userId} and not is_erased)
    select
      array(select pair.id from pair join product using (id) join stock on stock.product_id = pair.id
        where is_active and available > 0 and pair.id is distinct from ${productId}::uuid
        order by pair.orders desc, pair.id limit ${mostCandidates}) as together,
      array(select id from (
          select pick.id, 0 as place, pick.place as orders from picked, unnest(popular_ids) with ordinality as pick (id, place)
          union all
          (select product_id, 1, -orders from popularity order by orders desc limit ${mostCandidates})
        ) as popular join product using (id) join stock on stock.product_id = id
        where is_active and available > 0 and id is distinct from ${productId}::uuid
        group by id order by min(popular.place), min(popular.orders), id limit ${mostCandidates}) as popular,
      array(select id from (
          select unnest(new_ids) as id from picked
          union
          (select id from product where is_active order by id desc limit ${mostCandidates})
        ) as newest join product using (id) join stock on stock.product_id = id
        where is_active and available > 0 and id is distinct from ${productId}::uuid
        order by id desc limit ${mostCandidates}) as newest,
      array(select product_id from bought) as bought`;
  return row ?? { together: [], popular: [], newest: [], bought: [] };
}

/**
 * Forgets again what an order brought in the very moment in which a person was erased, and then the ids of those who were
 * erased before any event that could still come. At most `limit` of each.
 */
export async function purgeErased(tx: Transaction, options: { before: Date; limit: number }): Promise<number> {
  const rows = await sqlOf(tx)`
    with late as (
      delete from purchase where (user_id, product_id) in (
        select user_id, product_id from purchase join profile using (user_id) where is_erased limit ${options.limit})
    )
    delete from profile where user_id in (
      select user_id from profile where is_erased and updated_at < ${options.before} limit ${options.limit})
    returning user_id`;
  return rows.length;
}
