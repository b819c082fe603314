import { openToken, signToken } from '@millrace/runtime/cursor.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { z } from 'zod';
import type { KnownSites } from './known-sites.ts';
import type { SiteView } from './site.ts';
import { newSite, siteView } from './site.ts';
import { addSite, listSites } from './site-store.ts';

const maxSites = 1_000;
const cursorPurpose = 'sites';

interface Parts {
  db: PostgresJsDatabase;
  sites: KnownSites;
  signingKeys: Keyring;
  clock: Clock;
  random: Random;
}

/** The sites of whoever calls. */
export function siteRoutes(parts: Parts): Route[] {
  return [addRoute(parts), listRoute(parts)];
}

function addRoute(parts: Parts): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/analytics/sites',
    operationId: 'addSite',
    summary: 'Adds a site. Its id is the public key for the script tag.',
    policy: { scope: 'analytics:write' },
    body: { schema: newSite },
    responses: { 201: { description: 'Added.', schema: siteView } },
    handle: async ({ body, subject }) => {
      const owner = subject.sub;
      const site = { ...body, id: parts.random.uuid(), createdAt: parts.clock.now() };
      const outcome = await addSite(parts.db, { ...site, owner, limit: maxSites });
      if (outcome === 'too-many') throw new Problem(409, 'too-many-sites', `One owner may have ${maxSites} sites.`);
      parts.sites.add({ id: site.id, domain: site.domain, owner });
      const view: SiteView = { ...site, createdAt: site.createdAt.toISOString() };
      return json(201, view);
    },
  });
}

function listRoute(parts: Parts): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/analytics/sites',
    operationId: 'listSites',
    summary: "Lists the caller's sites, the oldest first.",
    policy: { scope: 'analytics:read' },
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).default(50),
      cursor: z.string().max(512).optional(),
    }),
    responses: {
      200: {
        description: 'A page.',
        schema: z.object({ items: z.array(siteView), nextCursor: z.string().nullable() }),
      },
    },
    handle: async ({ query, subject }) => {
      const purpose = `${cursorPurpose}:${subject.sub}`;
      const after = query.cursor === undefined ? undefined : await openToken(parts.signingKeys, purpose, query.cursor);
      if (query.cursor !== undefined && !after) throw new Problem(400, 'bad-cursor', 'This cursor is not one of ours.');
      const found = await listSites(parts.db, { owner: subject.sub, after, limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1) : undefined;
      return json(200, { items, nextCursor: last ? signToken(parts.signingKeys, purpose, last.id) : null });
    },
  });
}
