import type postgres from 'postgres';

/** Products whose stock does not add up (invariant I2), read from the database alone: all of them, or only these. */
export async function findImbalances(
  sql: postgres.Sql,
  productIds: readonly string[] | null = null,
): Promise<unknown[]> {
  const ids = productIds && [...productIds];
  const rows = await sql`
    with moved as (
      select product_id,
        coalesce(sum(quantity) filter (where kind in ('initial', 'restock')), 0) as came_in,
        coalesce(sum(quantity) filter (where kind = 'held'), 0) as held,
        coalesce(sum(quantity) filter (where kind = 'sold'), 0) as sold,
        coalesce(sum(quantity) filter (where kind in ('returned', 'expired')), 0) as came_back
      from stock_movement where ${ids}::uuid[] is null or product_id = any(${ids}::uuid[]) group by product_id
    ), kept as (
      select product_id, coalesce(sum(quantity) filter (where state = 'held'), 0) as held,
        coalesce(sum(quantity) filter (where state = 'sold'), 0) as sold
      from reservation_line join reservation using (order_id) where state in ('held', 'sold') group by product_id
    )
    select stock.product_id, available, came_in, moved.held, moved.came_back, kept.held as now_held, kept.sold as now_sold
    from stock left join moved using (product_id) left join kept using (product_id)
    where (${ids}::uuid[] is null or stock.product_id = any(${ids}::uuid[])) and (available < 0
      or available <> coalesce(came_in, 0) - coalesce(kept.held, 0) - coalesce(kept.sold, 0)
      or available <> coalesce(came_in, 0) - coalesce(moved.held, 0) + coalesce(came_back, 0))`;
  return [...rows];
}
