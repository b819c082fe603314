import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { developer, firstSite } from './developer.ts';

const attempts = 5;

/** Gives the developer a first site, once: the page has something to show and scripts have an id to name. */
export async function seedFirstSite(analyticsUrl: string): Promise<void> {
  const sql = postgres(analyticsUrl, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  const { id, name, domain, timeZone } = firstSite;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await sql`insert into site (id, created_at, owner, name, domain, time_zone)
          values (${id}, now(), ${developer.sub}, ${name}, ${domain}, ${timeZone}) on conflict do nothing`;
        return;
      } catch (error) {
        if (attempt >= attempts) throw error;
        await delay(200);
      }
    }
  } finally {
    await sql.end({ timeout: 2 });
  }
}
