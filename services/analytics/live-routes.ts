import type { Database } from '@millrace/runtime/database.ts';
import { eventStream, refuseForeignPage } from '@millrace/runtime/event-stream.ts';
import type { Random } from '@millrace/runtime/ports.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { Live } from './live.ts';
import { ownSite } from './query-routes.ts';

interface Parts {
  live: Live;
  database: Database;
  random: Random;
}

/** The live view of a site as server-sent events. */
export function liveRoutes(parts: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/analytics/live',
      operationId: 'watchSite',
      summary: 'Streams visitors now, views per minute and the latest views: events snapshot, views and rolled.',
      policy: { scope: 'analytics:read' },
      query: z.strictObject({
        site: z
          .string()
          .max(64)
          .transform((text) => text.toLowerCase()),
      }),
      responses: { 200: { description: 'Events, until either side ends it.', type: 'text/event-stream' } },
      handle: async ({ query, subject, headers: sent, signal }) => {
        refuseForeignPage(sent);
        const siteId = query.site;
        await ownSite(parts.database, { siteId, owner: subject.sub });
        return eventStream((reader) => parts.live.watch(siteId, reader), { random: parts.random, signal });
      },
    }),
  ];
}
