import type { Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type postgres from 'postgres';
import type { Address, Order, PastMove, SoldItem } from './order.ts';
import type { OrderChange } from './order-moves.ts';
import { isEnd } from './saga.ts';

interface OrderRow extends Omit<Order, 'total' | 'address'> {
  totalMinor: string;
  currency: Order['total']['currency'];
  address: Address | null;
}

const columns = (sql: postgres.ISql) => sql`
  id, user_id as "userId", state, withdrawn_from as "withdrawnFrom", reason, version, total_minor as "totalMinor", currency,
  address, payment_token as "paymentToken", attempt_id as "attemptId", is_charged as "isCharged", repeats,
  is_erased as "isErased", correlation_id as "correlationId", placed_at as "placedAt", updated_at as "updatedAt",
  due_at as "dueAt"`;

function orderOf({ totalMinor, currency, ...rest }: OrderRow): Order {
  return { ...rest, total: { amountMinor: Number(totalMinor), currency } };
}

const only = (rows: readonly OrderRow[]): Order | undefined => (rows[0] ? orderOf(rows[0]) : undefined);

/** Locks orders for the rest of the transaction, in one order everywhere, so that two batches do not deadlock. */
export async function lockOrders(tx: Transaction, ids: readonly string[]): Promise<Map<string, Order>> {
  const sql = sqlOf(tx);
  const rows = await sql<OrderRow[]>`
    select ${columns(sql)} from shop_order where id = any(${[...new Set(ids)]}::uuid[]) order by id for update`;
  return new Map(rows.map((row) => [row.id, orderOf(row)]));
}

/** Locks an order of this person; nothing when it is somebody else's or nobody's. */
export async function lockOwnOrder(
  tx: Transaction,
  { id, userId }: { id: string; userId: string },
): Promise<Order | undefined> {
  const sql = sqlOf(tx);
  return only(
    await sql<OrderRow[]>`
    select ${columns(sql)} from shop_order where id = ${id} and user_id = ${userId} for update`,
  );
}

/** Locks orders whose time has passed; those that another process works on are left to it. */
export async function claimDueOrders(tx: Transaction, { now, limit }: { now: Date; limit: number }): Promise<Order[]> {
  const sql = sqlOf(tx);
  const rows = await sql<OrderRow[]>`
    select ${columns(sql)} from shop_order where due_at <= ${now} order by due_at limit ${limit} for update skip locked`;
  return rows.map(orderOf);
}

/** Leaves an order alone until then, if it is still due: somebody else may have moved it. */
export async function postponeOrder(
  sql: postgres.ISql,
  { id, now, until }: { id: string; now: Date; until: Date },
): Promise<void> {
  await sql`update shop_order set due_at = ${until} where id = ${id} and due_at <= ${now}`;
}

/**
 * Writes moves of locked orders; the database adds the history. Several moves of one order are written one after the other.
 * @throws Error when an order is not where its change begins: it was not locked.
 */
export async function writeChanges(tx: Transaction, changes: readonly OrderChange[]): Promise<void> {
  const rounds: OrderChange[][] = [];
  const counts = new Map<string, number>();
  for (const change of changes) {
    const round = counts.get(change.before.id) ?? 0;
    counts.set(change.before.id, round + 1);
    rounds[round] = [...(rounds[round] ?? []), change];
  }
  for (const round of rounds) await writeRound(tx, round);
}

async function writeRound(tx: Transaction, changes: readonly OrderChange[]): Promise<void> {
  const column = <Value>(pick: (change: OrderChange) => Value): Value[] => changes.map(pick);
  const dates = (pick: (order: Order) => Date | null): (string | null)[] =>
    column(({ after }) => pick(after)?.toISOString() ?? null);
  const written = await sqlOf(tx)`
    update shop_order set
      state = change.state, withdrawn_from = change.withdrawn_from, last_move = change.last_move, note = change.note,
      reason = change.reason, version = change.version, payment_token = null, attempt_id = change.attempt_id,
      is_charged = change.is_charged, repeats = change.repeats, updated_at = change.updated_at, due_at = change.due_at,
      user_id = case when change.is_forgotten then null else shop_order.user_id end,
      address = case when change.is_forgotten then null else shop_order.address end
    from unnest(
      ${column(({ before }) => before.id)}::uuid[],
      ${column(({ before }) => before.state)}::text[],
      ${column(({ after }) => after.state)}::text[],
      ${column(({ after }) => after.withdrawnFrom)}::text[],
      ${column(({ trigger }) => trigger)}::text[],
      ${column(({ note }) => note)}::text[],
      ${column(({ after }) => after.reason)}::text[],
      ${column(({ after }) => after.version)}::integer[],
      ${column(({ after }) => after.attemptId)}::uuid[],
      ${column(({ after }) => String(after.isCharged))}::text[]::boolean[],
      ${column(({ after }) => after.repeats)}::integer[],
      ${dates(({ updatedAt }) => updatedAt)}::timestamptz[],
      ${dates(({ dueAt }) => dueAt)}::timestamptz[],
      ${column(({ after }) => String(after.isErased && isEnd(after.state)))}::text[]::boolean[]
    ) as change (id, from_state, state, withdrawn_from, last_move, note, reason, version, attempt_id, is_charged, repeats,
      updated_at, due_at, is_forgotten)
    where shop_order.id = change.id and shop_order.version = change.version - 1 and shop_order.state = change.from_state`;
  if (written.count !== changes.length) throw new Error('An order moved that nobody had locked.');
}

interface LineRow {
  orderId: string;
  productId: string;
  quantity: number;
  unitPriceMinor: string;
  name: string;
}

/**
 * The lines of each of these orders. With `atMost`, of so many of the first ones as have no more lines than that together: the
 * others are missing. No order has more than a thousand.
 */
export async function itemsOf(
  sql: postgres.ISql,
  orders: readonly Pick<Order, 'id' | 'total'>[],
  atMost = Number.MAX_SAFE_INTEGER - 1,
): Promise<Map<string, SoldItem[]>> {
  const items = new Map<string, SoldItem[]>(orders.map(({ id }) => [id, []]));
  if (orders.length === 0) return items;
  const rows = await sql<LineRow[]>`
    select order_id as "orderId", product_id as "productId", quantity, unit_price_minor as "unitPriceMinor", name
    from unnest(${orders.map(({ id }) => id)}::uuid[]) with ordinality as wanted (order_id, place)
      join order_line using (order_id)
    order by place, position limit ${atMost + 1}`;
  const cut = rows.length > atMost ? orders.findIndex(({ id }) => id === rows.at(-1)?.orderId) : orders.length;
  for (const { id } of orders.slice(cut)) items.delete(id);
  const currencies = new Map(orders.map(({ id, total }) => [id, total.currency]));
  for (const { orderId, productId, name, quantity, unitPriceMinor } of rows) {
    const currency = currencies.get(orderId) ?? 'EUR';
    const unitPrice = { amountMinor: Number(unitPriceMinor), currency };
    items.get(orderId)?.push({ productId, name, quantity, unitPrice });
  }
  return items;
}

/** An order of this person; nothing when it is somebody else's or nobody's. */
export async function findOrder(
  sql: postgres.ISql,
  { id, userId }: { id: string; userId: string },
): Promise<Order | undefined> {
  return only(
    await sql<OrderRow[]>`
    select ${columns(sql)} from shop_order where id = ${id} and user_id = ${userId}`,
  );
}

/** A page of a person's orders, the newest first. */
export async function listOrders(
  sql: postgres.ISql,
  page: { userId: string; before: string | undefined; limit: number },
): Promise<Order[]> {
  const { userId, before, limit } = page;
  const rows = await sql<OrderRow[]>`
    select ${columns(sql)} from shop_order
    where user_id = ${userId} ${before === undefined ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit}`;
  return rows.map(orderOf);
}

/** The moves of an order, the first first. At most `limit`, the newest of them. */
export async function listMoves(
  sql: postgres.ISql,
  { orderId, limit }: { orderId: string; limit: number },
): Promise<PastMove[]> {
  const rows = await sql<PastMove[]>`
    select version, at, from_state as "from", move, to_state as "to", event, note
    from order_move where order_id = ${orderId} order by version desc limit ${limit}`;
  return rows.toReversed();
}

interface Unfinished {
  oldestPlacedAt: Date | null;
  /** Orders whose refund was not answered in time. */
  overdue: number;
}

/** What is on its way. */
export async function readUnfinished(sql: postgres.ISql): Promise<Unfinished> {
  const [row] = await sql<{ oldestPlacedAt: Date | null; overdue: number }[]>`
    select min(placed_at) as "oldestPlacedAt", (count(*) filter (where state = 'withdrawing' and repeats > 0))::int as overdue
    from shop_order where due_at is not null`;
  return row ?? { oldestPlacedAt: null, overdue: 0 };
}
