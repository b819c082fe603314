import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { Levels, Plan, Reservation } from './reservation.ts';

// Locks are taken in one order everywhere: reservations by order id, then stock by product id, then products. So two
// transactions never wait for each other in a circle, however their orders overlap.

/** Stores reservations of orders that were never heard of. @returns the ids of those orders; the others are known already. */
export async function addReservations(
  tx: Transaction,
  reservations: readonly Reservation[],
  now: Date,
): Promise<Set<string>> {
  const column = (pick: (reservation: Reservation) => string | number): string[] =>
    reservations.map((reservation) => String(pick(reservation)));
  const rows = await sqlOf(tx)<{ orderId: string }[]>`
    insert into reservation (order_id, id, state, version, order_version, expires_at, created_at, updated_at)
    select *, ${now}::timestamptz, ${now}::timestamptz from unnest(
      ${column(({ orderId }) => orderId)}::uuid[], ${column(({ id }) => id)}::uuid[],
      ${column(({ state }) => state)}::text[], ${column(({ version }) => version)}::integer[],
      ${column(({ orderVersion }) => orderVersion)}::bigint[],
      ${column(({ expiresAt }) => expiresAt.toISOString())}::timestamptz[]) as given (order_id)
    order by given.order_id
    on conflict (order_id) do nothing returning order_id as "orderId"`;
  return new Set(rows.map(({ orderId }) => orderId));
}

type StoredReservation = Omit<Reservation, 'lines' | 'orderVersion'> & { orderVersion: string };

/** Locks the reservations of these orders, with their lines. Orders that were never heard of are not there. */
export async function lockReservations(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<Map<string, Reservation>> {
  const rows = await sqlOf(tx)<StoredReservation[]>`
    select order_id as "orderId", id, state, version, order_version as "orderVersion", expires_at as "expiresAt"
    from reservation where order_id = any(${[...orderIds]}::uuid[]) order by order_id for update`;
  return withLines(tx, rows);
}

/** Locks reservations whose time is over, the longest first; those that another transaction has in hand are left to it. */
export async function lockDue(
  tx: Transaction,
  options: { now: Date; limit: number },
): Promise<Map<string, Reservation>> {
  const rows = await sqlOf(tx)<StoredReservation[]>`
    select order_id as "orderId", id, state, version, order_version as "orderVersion", expires_at as "expiresAt"
    from reservation where state = 'held' and expires_at <= ${options.now}
    order by expires_at limit ${options.limit} for update skip locked`;
  return withLines(tx, rows);
}

async function withLines(tx: Transaction, rows: readonly StoredReservation[]): Promise<Map<string, Reservation>> {
  const known = new Map(
    rows.map((row): [string, Reservation] => [
      row.orderId,
      { ...row, orderVersion: Number(row.orderVersion), lines: [] },
    ]),
  );
  if (known.size === 0) return known;
  const lines = await sqlOf(tx)<{ orderId: string; productId: string; quantity: string }[]>`
    select order_id as "orderId", product_id as "productId", quantity
    from reservation_line where order_id = any(${[...known.keys()]}::uuid[])`;
  for (const { orderId, productId, quantity } of lines) {
    known.get(orderId)?.lines.push({ productId, quantity: Number(quantity) });
  }
  return known;
}

/** Locks the stock of products, in the order of their ids. Products that do not exist are not there. */
export async function lockStock(tx: Transaction, productIds: readonly string[]): Promise<Levels> {
  const ids = [...new Set(productIds)];
  if (ids.length === 0) return new Map();
  const rows = await sqlOf(tx)<{ productId: string; available: string; isActive: boolean }[]>`
    select stock.product_id as "productId", stock.available, product.is_active as "isActive"
    from stock join product on product.id = stock.product_id
    where stock.product_id = any(${ids}::uuid[]) order by stock.product_id for update of stock`;
  return new Map(
    rows.map(({ productId, available, isActive }) => [
      productId,
      { before: Number(available), available: Number(available), isActive },
    ]),
  );
}

/** Writes what was decided, in one statement. */
export async function writePlan(tx: Transaction, plan: Plan, facts: { levels: Levels; now: Date }): Promise<void> {
  const { changed, added, movements } = plan;
  const { levels, now } = facts;
  const lines = added.flatMap(({ orderId, lines: own }) => own.map((line) => ({ ...line, orderId })));
  const moved = [...levels].filter(([, level]) => level.before !== level.available);
  if (changed.length + lines.length + movements.length === 0) return;
  await sqlOf(tx)`
    with changed as (
      update reservation set state = given.state, version = given.version, order_version = given.order_version,
        updated_at = ${now}
      from unnest(
        ${changed.map(({ orderId }) => orderId)}::uuid[], ${changed.map(({ state }) => state)}::text[],
        ${changed.map(({ version }) => version)}::integer[], ${changed.map(({ orderVersion }) => orderVersion)}::bigint[]
      ) as given (order_id, state, version, order_version) where reservation.order_id = given.order_id
    ), added as (
      insert into reservation_line (order_id, product_id, quantity) select * from unnest(
        ${lines.map(({ orderId }) => orderId)}::uuid[], ${lines.map(({ productId }) => productId)}::uuid[],
        ${lines.map(({ quantity }) => quantity)}::bigint[])
    ), noted as (
      insert into stock_movement (at, product_id, order_id, quantity, kind) select ${now}::timestamptz, * from unnest(
        ${movements.map(({ productId }) => productId)}::uuid[], ${movements.map(({ orderId }) => orderId)}::uuid[],
        ${movements.map(({ quantity }) => quantity)}::bigint[], ${movements.map(({ kind }) => kind)}::text[])
    )
    update stock set available = given.available
    from unnest(${moved.map(([id]) => id)}::uuid[], ${moved.map(([, level]) => level.available)}::bigint[])
      as given (product_id, available) where stock.product_id = given.product_id`;
}

/** Removes reservations that hold nothing and that no event can ask for any more, at most `limit`. Returns how many went. */
export async function purgeReservations(tx: Transaction, options: { before: Date; limit: number }): Promise<number> {
  const rows = await sqlOf(tx)<{ orderId: string }[]>`
    with over as (
      select order_id from reservation
      where state in ('returned', 'expired', 'refused') and updated_at < ${options.before}
      limit ${options.limit} for update skip locked
    ), lines as (
      delete from reservation_line using over where reservation_line.order_id = over.order_id
    )
    delete from reservation using over where reservation.order_id = over.order_id
    returning reservation.order_id as "orderId"`;
  return rows.length;
}
