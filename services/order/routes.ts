import { etag } from '@millrace/runtime/entity-tag.ts';
import { idempotencyKeyHeader, readIdempotencyKey } from '@millrace/runtime/idempotency.ts';
import { openKeyring } from '@millrace/runtime/keyring.ts';
import { cutPage, pageOf, pageQuery, readCursor } from '@millrace/runtime/paging.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { z } from 'zod';
import { cancelOrder } from './cancellation.ts';
import type { OrderConfig } from './config.ts';
import { historyRoutes } from './history-routes.ts';
import { newOrder, oneOrder, orderView, viewOf } from './order.ts';
import { findOrder, itemsOf, listOrders } from './order-store.ts';
import { openPlacement } from './placement.ts';
import type { ProductClient } from './product-client.ts';

/** A thousand lines with their ids. */
const maxBodyBytes = 131_072;
/** A page of large orders holds fewer of them; the largest fits twice. */
const maxLinesOfPage = 2_000;

/** The orders of whoever calls; somebody else's are not there. */
export function orderRoutes(own: Workload<OrderConfig>, products: ProductClient): Route[] {
  // The style sheet's path has the form of an order's: it stands first.
  return [...historyRoutes(own), placeRoute(own, products), listRoute(own), readRoute(own), cancelRoute(own)];
}

function placeRoute(own: Workload<OrderConfig>, products: ProductClient): Route {
  const place = openPlacement(own, products);
  return defineRoute({
    method: 'POST',
    path: '/api/orders',
    operationId: 'placeOrder',
    summary: 'Places an order. Send Idempotency-Key; a repeated request gets the same answer and places nothing more.',
    policy: 'person',
    headers: idempotencyKeyHeader(true),
    body: { schema: newOrder, maxBytes: maxBodyBytes },
    responses: { 202: { description: 'Accepted: the order is on its way.', schema: orderView } },
    handle: async ({ body, subject, headers }) => {
      const key = readIdempotencyKey(headers);
      const view = await place({ userId: userIdOf(subject), key, order: body });
      return json(202, view, { location: `/api/orders/${view.id}`, ...etag(view.version) });
    },
  });
}

function listRoute(own: Workload<OrderConfig>): Route {
  const { sql } = own.database;
  const signingKeys = openKeyring(own, 'SIGNING_KEY');
  return defineRoute({
    method: 'GET',
    path: '/api/orders',
    operationId: 'listOrders',
    summary: "Lists the caller's orders, the newest first; fewer than `limit` where they are large.",
    policy: 'person',
    query: pageQuery,
    responses: { 200: { description: 'A page.', schema: pageOf(orderView) } },
    handle: async ({ query: { limit, cursor }, subject }) => {
      const userId = userIdOf(subject);
      const use = { signingKeys, purpose: `orders:${userId}` };
      const before = await readCursor(cursor, z.uuid(), use);
      const found = await listOrders(sql, { userId, before, limit: limit + 1 });
      const items = await itemsOf(sql, found.slice(0, limit), maxLinesOfPage);
      const { rows, nextCursor } = cutPage(found, items.size, { ...use, positionOf: ({ id }) => id });
      return json(200, { items: rows.map((order) => viewOf(order, items.get(order.id) ?? [])), nextCursor });
    },
  });
}

function readRoute(own: Workload<OrderConfig>): Route {
  const { sql } = own.database;
  return defineRoute({
    method: 'GET',
    path: '/api/orders/:id',
    operationId: 'readOrder',
    summary: 'An order of the caller.',
    policy: 'person',
    params: oneOrder,
    responses: { 200: { description: 'The order.', schema: orderView } },
    handle: async ({ params: { id }, subject }) => {
      const order = await findOrder(sql, { id, userId: userIdOf(subject) });
      if (!order) throw new Problem(404, 'not-found', 'There is nothing here.');
      const items = await itemsOf(sql, [order]);
      return json(200, viewOf(order, items.get(id) ?? []), etag(order.version));
    },
  });
}

function cancelRoute(own: Workload<OrderConfig>): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/orders/:id/cancel',
    operationId: 'cancelOrder',
    summary:
      'Takes an order back that has not left yet. Money that was taken is refunded before the order is cancelled.',
    policy: 'person',
    params: oneOrder,
    responses: { 202: { description: 'It is cancelled, or being cancelled.', schema: orderView } },
    handle: async ({ params: { id }, subject }) => {
      const view = await cancelOrder(own, { id, userId: userIdOf(subject) });
      return json(202, view, etag(view.version));
    },
  });
}
