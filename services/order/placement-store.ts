import { OrderPlaced } from '@millrace/catalog/events/order.ts';
import { outboxChannel, wakeLockKey } from '@millrace/runtime/outbox.ts';
import type postgres from 'postgres';
import type { NewOrder, SoldItem } from './order.ts';
import { firstMove } from './saga.ts';

/** An order before the database has priced it. */
export interface Placement {
  orderId: string;
  userId: string;
  key: string;
  requestHash: Buffer;
  /** Two requests with the same key and person have the same number. */
  lockKey: string;
  order: NewOrder;
  eventId: string;
  correlationId: string;
  traceparent: string;
  now: Date;
  dueAt: Date;
}

export type PlacementOutcome =
  | { outcome: 'placed'; items: SoldItem[]; total: SoldItem['unitPrice'] }
  /** The key was used before: by a request with this hash, which placed this order. */
  | { outcome: 'repeated'; requestHash: Buffer; orderId: string }
  | { outcome: 'running' }
  /** The own copy of products does not sell all of this, or not in one currency. */
  | { outcome: 'refused' }
  /** Somebody with the same key was faster by a moment: ask again. */
  | { outcome: 'overtaken' };

interface PlacementRow {
  isFree: boolean;
  isSellable: boolean;
  isPlaced: boolean;
  knownHash: Buffer | null;
  knownResult: string | null;
  items: SoldItem[] | null;
  totalMinor: string | null;
  currency: SoldItem['unitPrice']['currency'] | null;
}

/** JSON has no larger whole numbers that every reader understands. */
export const maxTotalMinor = Number.MAX_SAFE_INTEGER;
/** The bus takes 1 MB, with what stands around the lines. */
export const maxItemBytes = 1_000_000;

/**
 * Places an order in one statement, which is one round trip and one transaction: the key is claimed, the lines are priced from
 * the own copy of products, and order, lines, history (by the trigger) and event are written, or nothing is.
 */
export async function placeOrder(sql: postgres.ISql, placement: Placement): Promise<PlacementOutcome> {
  const [row] = await runPlacement(sql, placement);
  if (!row) throw new Error('The statement of a placement has always one row.');
  const { knownHash, knownResult, items, totalMinor, currency } = row;
  if (knownHash !== null && knownResult !== null) {
    return { outcome: 'repeated', requestHash: knownHash, orderId: knownResult };
  }
  if (!row.isFree) return { outcome: 'running' };
  if (!row.isSellable) return { outcome: 'refused' };
  if (!row.isPlaced || items === null || currency === null) return { outcome: 'overtaken' };
  return { outcome: 'placed', items, total: { amountMinor: Number(totalMinor), currency } };
}

// The arrays are subselects: their lengths are hidden from the planner, which otherwise plans anew for each cart.
function runPlacement(sql: postgres.ISql, placement: Placement): Promise<PlacementRow[]> {
  const { orderId, userId, key, order, now } = placement;
  return sql<PlacementRow[]>`
    with line as materialized (
      select wanted.position, product_id, wanted.quantity, name, price_minor, currency,
        coalesce(is_active and available >= wanted.quantity, false) as is_sellable
      from unnest((select ${order.items.map(({ productId }) => productId)}::uuid[]), (select ${order.items.map(({ quantity }) => quantity)}::integer[]))
        with ordinality as wanted (product_id, quantity, position)
      left join product_copy using (product_id)
    ), priced as materialized (
      select bool_and(is_sellable) and min(currency) = max(currency) as is_sellable, min(currency) as currency,
        sum(price_minor * quantity) as total_minor,
        json_agg(json_build_object('productId', product_id, 'name', name, 'quantity', quantity,
          'unitPrice', json_build_object('amountMinor', price_minor, 'currency', currency)) order by position) as items
      from line
    ), cart as materialized (
      select priced.*,
        is_sellable and total_minor <= ${maxTotalMinor} and octet_length(items::text) <= ${maxItemBytes} as is_placeable
      from priced
    ), attempt as materialized (
      select pg_try_advisory_xact_lock(${placement.lockKey}::bigint) as is_free
    ), known as materialized (
      select request_hash, result from idempotency_key where caller = ${userId} and key = ${key}
    ), claimed as (
      insert into idempotency_key (caller, key, request_hash, result)
      select ${userId}, ${key}, ${placement.requestHash}, ${orderId} from attempt, cart
      where is_free and is_placeable and not exists (select from known)
      on conflict do nothing returning 1
    ), placed as (
      insert into shop_order (id, user_id, state, last_move, version, total_minor, currency, address, payment_token,
        correlation_id, placed_at, updated_at, due_at)
      select ${orderId}::uuid, ${userId}::uuid, ${firstMove.to}, 'place', 1, total_minor, currency,
        ${JSON.stringify(order.address)}::json, ${order.paymentToken}, ${placement.correlationId},
        ${now}::timestamptz, ${now}::timestamptz, ${placement.dueAt}::timestamptz
      from claimed, cart
    ), stored as (
      insert into order_line (order_id, position, product_id, quantity, unit_price_minor, name)
      select ${orderId}::uuid, position, product_id, quantity, price_minor, name from line, claimed
    ), published as (
      insert into outbox (id, type, source, version, aggregate_id, aggregate_version, correlation_id, traceparent, occurred_at, data)
      select ${placement.eventId}::uuid, ${OrderPlaced.name}, ${OrderPlaced.source}, ${OrderPlaced.version}::integer, ${orderId}, 1,
        ${placement.correlationId}, ${placement.traceparent}, ${now}::timestamptz,
        jsonb_build_object('orderId', ${orderId}::text, 'userId', ${userId}::text, 'items', items,
          'total', jsonb_build_object('amountMinor', total_minor, 'currency', currency))
      from claimed, cart
    ), hint as materialized (
      select pg_notify(${outboxChannel}, '') from claimed where pg_try_advisory_xact_lock(${wakeLockKey}::bigint)
    )
    select is_free as "isFree", coalesce(is_placeable, false) as "isSellable", exists (select from claimed) as "isPlaced",
      known.request_hash as "knownHash", known.result as "knownResult", items, total_minor as "totalMinor", currency,
      (select count(*) from hint) as hints
    from attempt cross join cart left join known on true`;
}
