// The peer of bar 8: the same door (HTTP, token, schema, idempotency key), but an interactive transaction behind it, as most
// services have it. Argument `pipelined`: its four inserts are sent without waiting for each other's answers.
import { createHash } from 'node:crypto';
import { OrderPlaced } from '@millrace/catalog/events/order.ts';
import { order } from '@millrace/catalog/services.ts';
import { databaseConfig, eventConfig, readConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { freeText } from '@millrace/runtime/free-text.ts';
import { readIdempotencyKey, refuseOtherRequest, requestHash, stillRunning } from '@millrace/runtime/idempotency.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { appendEvents, makeEvent } from '@millrace/runtime/outbox.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import { openVerifier, openWorkload, serveHttp } from '@millrace/runtime/workload.ts';
import type postgres from 'postgres';
import { z } from 'zod';

const newOrder = z.strictObject({
  items: z
    .array(
      z.strictObject({
        productId: z.uuid().transform((id) => id.toLowerCase()),
        quantity: z.int().min(1).max(1_000),
      }),
    )
    .min(1)
    .max(1_000)
    .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length),
  address: z.strictObject({
    name: freeText(200).optional(),
    street: freeText(200),
    city: freeText(100),
    postalCode: freeText(20),
    country: z.string().regex(/^[A-Z]{2}$/),
    region: freeText(100).optional(),
  }),
  paymentToken: z.string().regex(/^tok_[a-z0-9_]{1,60}$/),
});

interface Placement {
  orderId: string;
  userId: string;
  key: string;
  hash: Buffer;
  wish: z.output<typeof newOrder>;
  now: Date;
}

interface ProductRow {
  productId: string;
  name: string;
  priceMinor: string;
  currency: 'EUR';
  isActive: boolean;
  available: number;
}

const config = await readConfig(
  serviceConfig.extend(databaseConfig.shape).extend(eventConfig.shape).extend(tokenConfig.shape),
);
const own = openWorkload(order, config, createLog({ name: 'interactive', level: config.LOG_LEVEL }));
const isPipelined = process.argv[2] === 'pipelined';
const waitSeconds = 20;

/** A number for the advisory lock: requests with the same key of the same person exclude each other. */
const lockKey = ({ userId, key }: Placement): string =>
  createHash('sha256').update(`${userId} ${key}`).digest().readBigInt64BE(0).toString();

/** Claims the key. @throws Problem when it was used before, or is being used. */
async function claim(tx: postgres.TransactionSql, placement: Placement): Promise<void> {
  const { userId, key, hash, orderId } = placement;
  const [claimed] = await tx<{ isFree: boolean; isNew: boolean }[]>`
    with attempt as materialized (select pg_try_advisory_xact_lock(${lockKey(placement)}::bigint) as is_free),
    added as (
      insert into idempotency_key (caller, key, request_hash, result)
      select ${userId}, ${key}, ${hash}, ${orderId} from attempt where is_free on conflict do nothing returning 1)
    select is_free as "isFree", exists (select from added) as "isNew" from attempt`;
  if (!claimed?.isFree) throw stillRunning();
  if (!claimed.isNew) refuseOtherRequest();
}

async function priced(tx: postgres.TransactionSql, { wish }: Placement) {
  const rows = await tx<ProductRow[]>`
    select product_id as "productId", name, price_minor as "priceMinor", currency, is_active as "isActive", available
    from product_copy where product_id = any(${wish.items.map(({ productId }) => productId)}::uuid[])`;
  const known = new Map(rows.map((row) => [row.productId, row]));
  const items = wish.items.map(({ productId, quantity }) => {
    const product = known.get(productId);
    if (!product?.isActive || product.available < quantity) throw new Problem(409, 'out-of-stock', 'Not in stock.');
    const { name, currency } = product;
    return { productId, name, quantity, unitPrice: { amountMinor: Number(product.priceMinor), currency } };
  });
  const currency = items[0]?.unitPrice.currency ?? 'EUR';
  if (items.some(({ unitPrice }) => unitPrice.currency !== currency))
    throw new Problem(422, 'mixed-currency', 'Mixed.');
  const amountMinor = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amountMinor, 0);
  return { items, total: { amountMinor, currency } };
}

type Cart = Awaited<ReturnType<typeof priced>>;

/** The four writes, each a statement. */
function writes(tx: postgres.TransactionSql, { orderId, userId, wish, now }: Placement, { items, total }: Cart) {
  const dueAt = new Date(now.getTime() + waitSeconds * 1_000);
  const event = makeEvent(
    OrderPlaced,
    { aggregateId: orderId, aggregateVersion: 1, data: { orderId, userId, items, total }, isChecked: true },
    own,
  );
  return [
    () => tx`
      insert into shop_order (id, user_id, state, last_move, version, total_minor, currency, address, payment_token,
        correlation_id, placed_at, updated_at, due_at)
      values (${orderId}, ${userId}, 'pending', 'place', 1, ${total.amountMinor}, ${total.currency},
        ${JSON.stringify(wish.address)}::jsonb, ${wish.paymentToken}, ${event.correlationId}, ${now}, ${now}, ${dueAt})`,
    () => tx`
      insert into order_line (order_id, position, product_id, quantity, unit_price_minor, name)
      select ${orderId}::uuid, position, product_id, quantity, price_minor, name
      from unnest(${items.map(({ productId }) => productId)}::uuid[], ${items.map(({ quantity }) => quantity)}::integer[],
        ${items.map(({ unitPrice }) => unitPrice.amountMinor)}::bigint[], ${items.map(({ name }) => name)}::text[])
        with ordinality as line (product_id, quantity, price_minor, name, position)`,
    () => tx`
      insert into order_move (order_id, version, at, from_state, move, to_state, event)
      values (${orderId}, 1, ${now}, 'new', 'place', 'pending', 'OrderPlaced')`,
    () => appendEvents(tx, [event]),
  ];
}

async function placeOrder(placement: Placement): Promise<Cart> {
  return own.database.sql.begin(async (tx) => {
    await claim(tx, placement);
    const cart = await priced(tx, placement);
    const steps = writes(tx, placement, cart);
    if (isPipelined) await Promise.all(steps.map((step) => step()));
    else for (const step of steps) await step();
    return cart;
  }) as Promise<Cart>;
}

const route = defineRoute({
  method: 'POST',
  path: '/api/orders',
  operationId: 'placeOrder',
  summary: 'Places an order in an interactive transaction.',
  policy: 'person',
  body: { schema: newOrder, maxBytes: 131_072 },
  responses: { 202: { description: 'Accepted.' } },
  handle: async ({ body: wish, subject, headers }) => {
    const now = own.clock.now();
    const facts = { key: readIdempotencyKey(headers), hash: requestHash('POST /api/orders', wish), wish, now };
    const placement: Placement = { orderId: own.random.uuid(), userId: userIdOf(subject), ...facts };
    const { items, total } = await placeOrder(placement);
    const times = { placedAt: now.toISOString(), updatedAt: now.toISOString() };
    const state = { state: 'pending', isCancelling: false, reason: null };
    const view = { id: placement.orderId, ...state, items, total, address: wish.address, version: 1, ...times };
    return json(202, view, { location: `/api/orders/${view.id}`, etag: '"1"' });
  },
});

await serveHttp(own, { routes: [route], verifyToken: openVerifier(config) });
