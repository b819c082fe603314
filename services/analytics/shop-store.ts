import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { ShopChange } from './shop.ts';

/**
 * Notes what became of orders, in one statement. A lower version never replaces a higher one, but an order was placed when
 * the earliest of its events happened, and its total is taken from whichever event knows it.
 * @returns how many events came after a later one of their order.
 */
export async function storeShopOrders(tx: Transaction, changes: readonly ShopChange[]): Promise<number> {
  const column = (pick: (change: ShopChange) => string): string[] => changes.map(pick);
  const [row] = await sqlOf(tx)<{ late: number }[]>`
    with given as (
      select * from unnest(
        ${column(({ orderId }) => orderId)}::uuid[], ${column(({ version }) => String(version))}::bigint[],
        ${column(({ state }) => state)}::text[], ${column(({ at }) => at.toISOString())}::timestamptz[],
        ${column(({ total }) => String(total?.amountMinor ?? 0))}::bigint[],
        ${column(({ total }) => total?.currency ?? '')}::text[]
      ) as given (order_id, version, state, at, amount_minor, currency)
    ), merged as (
      select order_id, max(version) as version, (array_agg(state order by version desc))[1] as state,
        min(at) as placed_at,
        max(amount_minor) as amount_minor, max(currency) as currency
      from given group by order_id
    ), before as (
      select shop_order.order_id, shop_order.version from shop_order join merged using (order_id)
    ), stored as (
      insert into shop_order as known (order_id, placed_at, version, amount_minor, state, currency)
      select order_id, placed_at, version, amount_minor, state, currency from merged order by order_id
      on conflict (order_id) do update set
        version = greatest(known.version, excluded.version),
        state = case when excluded.version > known.version then excluded.state else known.state end,
        placed_at = least(known.placed_at, excluded.placed_at),
        amount_minor = greatest(known.amount_minor, excluded.amount_minor),
        currency = greatest(known.currency, excluded.currency)
    )
    select count(*)::int as late from given join before using (order_id) where given.version < before.version`;
  return row?.late ?? 0;
}

/** The orders that were placed in a range. */
export interface ShopFigures {
  orders: { placed: number; confirmed: number; rejected: number; cancelled: number };
  revenue: { currency: string; amountMinor: number }[];
  series: { at: Date; placed: number; confirmed: number; revenueMinor: number }[];
}

/** Counts the orders that were placed in a range, in buckets of UTC hours or days. Revenue is what confirmed orders cost. */
export async function readShopFigures(
  db: PostgresJsDatabase,
  range: { from: Date; to: Date; bucket: 'hour' | 'day' },
): Promise<ShopFigures> {
  const sql = sqlOf(db);
  const { from, to, bucket } = range;
  const [counts, revenue] = await Promise.all([
    sql<{ at: Date; state: string; orders: number }[]>`
      select date_trunc(${bucket}, placed_at, 'UTC') as at, state, count(*)::int as orders
      from shop_order where placed_at >= ${from} and placed_at < ${to} group by 1, 2 order by 1`,
    sql<{ at: Date; currency: string; amountMinor: string }[]>`
      select date_trunc(${bucket}, placed_at, 'UTC') as at, currency, sum(amount_minor)::text as "amountMinor"
      from shop_order where placed_at >= ${from} and placed_at < ${to} and state = 'confirmed' and currency <> ''
      group by 1, 2`,
  ]);
  const totals = new Map<string, number>();
  for (const row of revenue) totals.set(row.currency, (totals.get(row.currency) ?? 0) + Number(row.amountMinor));
  const ranked = [...totals].sort((one, other) => other[1] - one[1]);
  const main = ranked[0]?.[0];
  const series = new Map<number, ShopFigures['series'][number]>();
  const orders = { placed: 0, confirmed: 0, rejected: 0, cancelled: 0 };
  for (const { at, state, orders: count } of counts) {
    const here = series.get(at.getTime()) ?? { at, placed: 0, confirmed: 0, revenueMinor: 0 };
    series.set(at.getTime(), here);
    orders.placed += count;
    here.placed += count;
    if (state === 'confirmed') here.confirmed += count;
    if (state === 'confirmed' || state === 'rejected' || state === 'cancelled') orders[state] += count;
  }
  for (const { at, currency, amountMinor } of revenue) {
    const here = series.get(at.getTime());
    if (here && currency === main) here.revenueMinor += Number(amountMinor);
  }
  return {
    orders,
    revenue: ranked.map(([currency, amountMinor]) => ({ currency, amountMinor })),
    series: [...series.values()],
  };
}
