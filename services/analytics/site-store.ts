import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { siteTable } from './schema.ts';
import type { NewSite, SiteView } from './site.ts';

const siteColumns = {
  id: siteTable.id,
  name: siteTable.name,
  domain: siteTable.domain,
  timeZone: siteTable.timeZone,
  createdAt: siteTable.createdAt,
};

/** What the tracker's door needs to know about a site. */
export interface KnownSite {
  id: string;
  domain: string;
  owner: string;
}

export async function findSite(db: PostgresJsDatabase, id: string): Promise<KnownSite | undefined> {
  const rows = await db
    .select({ id: siteTable.id, domain: siteTable.domain, owner: siteTable.owner })
    .from(siteTable)
    .where(eq(siteTable.id, id));
  return rows[0];
}

/** Adds a site unless its owner has `limit` of them already; one statement, so that two at once cannot pass it by much. */
export async function addSite(
  db: PostgresJsDatabase,
  site: NewSite & { id: string; owner: string; createdAt: Date; limit: number },
): Promise<'added' | 'too-many'> {
  const rows = await db.execute(sql`
    insert into ${siteTable} (id, created_at, owner, name, domain, time_zone)
    select ${site.id}, ${site.createdAt.toISOString()}, ${site.owner}, ${site.name}, ${site.domain}, ${site.timeZone}
    where (select count(*) from ${siteTable} where owner = ${site.owner}) < ${site.limit}
    returning id`);
  return rows.length > 0 ? 'added' : 'too-many';
}

/** A page of an owner's sites, the oldest first. */
export async function listSites(
  db: PostgresJsDatabase,
  page: { owner: string; after: string | undefined; limit: number },
): Promise<SiteView[]> {
  const rows = await db
    .select(siteColumns)
    .from(siteTable)
    .where(and(eq(siteTable.owner, page.owner), page.after ? gt(siteTable.id, page.after) : undefined))
    .orderBy(asc(siteTable.id))
    .limit(page.limit);
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}
