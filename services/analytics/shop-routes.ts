import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { z } from 'zod';
import { shopQuery } from './query-parameters.ts';
import { readShopFigures } from './shop-store.ts';
import { dayMs } from './time-range.ts';

const count = z.int().min(0);
const figures = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  orders: z.object({ placed: count, confirmed: count, rejected: count, cancelled: count }),
  revenue: z.array(z.object({ currency: z.string(), amountMinor: count })),
  series: z.array(z.object({ at: z.iso.datetime(), placed: count, confirmed: count, revenueMinor: count })),
});
const longestHourlyMs = 3 * dayMs;

/** The shop's figures: orders and what they brought, counted from the events of orders. */
export function shopRoutes({ db }: { db: PostgresJsDatabase }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/analytics/shop',
      operationId: 'shop',
      summary:
        'Orders that were placed in a range, what became of them, and the revenue of those that were confirmed. The series is of the currency that comes first, by UTC hours up to three days and by UTC days beyond.',
      policy: { scope: 'analytics:read' },
      query: shopQuery,
      responses: { 200: { description: 'The figures.', schema: figures } },
      handle: async ({ query }) => {
        const [from, to] = [new Date(query.from), new Date(query.to)];
        const bucket = query.to - query.from <= longestHourlyMs ? 'hour' : 'day';
        return json(200, { from, to, ...(await readShopFigures(db, { from, to, bucket })) });
      },
    }),
  ];
}
