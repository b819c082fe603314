import { openKeyring } from '@millrace/runtime/keyring.ts';
import { cutPage, pageOf, pageQuery, readCursor } from '@millrace/runtime/paging.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import { z } from 'zod';
import { loyaltyStates } from './loyalty.ts';
import { readEntries, readPoints } from './loyalty-store.ts';
import type { UserParts } from './user-parts.ts';

const entryView = z.object({
  orderId: z.uuid(),
  points: z.int(),
  state: z.enum(loyaltyStates),
  at: z.iso.datetime(),
});
const loyaltyView = pageOf(entryView).extend({ points: z.int(), pendingPoints: z.int() });

/** Points of the caller's orders. Somebody who has not registered has some too. */
export function loyaltyRoutes(parts: UserParts): Route[] {
  const { database } = parts;
  const signingKeys = openKeyring(parts, 'SIGNING_KEY');
  return [
    defineRoute({
      method: 'GET',
      path: '/api/users/me/loyalty',
      operationId: 'readLoyalty',
      summary: "The caller's points, and the orders that they are for, newest order first.",
      policy: 'person',
      query: pageQuery,
      responses: { 200: { description: 'Sums over all orders, and a page of them.', schema: loyaltyView } },
      handle: async ({ subject, query }) => {
        const userId = userIdOf(subject);
        const use = { signingKeys, purpose: `loyalty:${userId}` };
        const before = await readCursor(query.cursor, z.uuid(), use);
        const [sums, rows] = await Promise.all([
          readPoints(database.db, userId),
          readEntries(database.db, { userId, before, limit: query.limit + 1 }),
        ]);
        const page = cutPage(rows, query.limit, { ...use, positionOf: ({ orderId }) => orderId });
        const items = page.rows.map(({ orderId, points = 0, state, at }) => ({
          orderId,
          points,
          state,
          at: at.toISOString(),
        }));
        return json(200, { ...sums, items, nextCursor: page.nextCursor });
      },
    }),
  ];
}
