import { cutPage, pageOf, pageQuery, readCursor } from '@millrace/runtime/paging.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import { z } from 'zod';
import { listAttention, listPayments } from './payment-store.ts';
import { attentionOf, attentionView, paymentView, viewOf } from './payment-view.ts';
import type { RouteParts } from './routes.ts';

const attentionPosition = z.object({ since: z.iso.datetime(), id: z.uuid() });

/** What people and operators see of payments. */
export function paymentRoutes(parts: RouteParts): Route[] {
  return [listRoute(parts), attentionRoute(parts)];
}

function listRoute({ own, signingKeys }: RouteParts): Route {
  const { db } = own.database;
  return defineRoute({
    method: 'GET',
    path: '/api/payments',
    operationId: 'listPayments',
    summary: "Lists the caller's payments, the newest first; of one order where `orderId` says so.",
    policy: 'person',
    query: pageQuery.extend({ orderId: z.uuid().optional() }),
    responses: {
      200: { description: 'A page.', schema: pageOf(paymentView) },
      404: { description: 'The caller has no payment of this order.' },
    },
    handle: async ({ query, subject }) => {
      const { limit, orderId } = query;
      const userId = userIdOf(subject);
      const use = { signingKeys, purpose: `payments:${userId}:${orderId ?? ''}` };
      const after = await readCursor(query.cursor, z.uuid(), use);
      const found = await listPayments(db, { userId, orderId, after, limit: limit + 1 });
      if (orderId !== undefined && found.length === 0) throw new Problem(404, 'not-found', 'There is nothing here.');
      const page = cutPage(found, limit, { ...use, positionOf: ({ id }) => id });
      return json(200, { items: page.rows.map(viewOf), nextCursor: page.nextCursor });
    },
  });
}

function attentionRoute({ own, signingKeys }: RouteParts): Route {
  const { db } = own.database;
  const use = { signingKeys, purpose: 'payments:attention' };
  return defineRoute({
    method: 'GET',
    path: '/api/payments/attention',
    operationId: 'listAttention',
    summary: 'Lists payments that a person must look at, with the reason, the longest waiting first.',
    policy: { scope: 'payments:operate' },
    query: pageQuery,
    responses: { 200: { description: 'A page.', schema: pageOf(attentionView) } },
    handle: async ({ query }) => {
      const { limit } = query;
      const after = await readCursor(query.cursor, attentionPosition, use);
      const found = (await listAttention(db, { after, limit: limit + 1 })).map(attentionOf);
      const page = cutPage(found, limit, { ...use, positionOf: ({ since, id }) => ({ since, id }) });
      return json(200, { items: page.rows, nextCursor: page.nextCursor });
    },
  });
}
