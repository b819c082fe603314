// The peer of bar 1: an ordinary service that inserts each request's rows before it answers.
import { serve } from '@hono/node-server';
import { trackedEvent } from '@millrace/catalog/events/analytics.ts';
import { Hono } from 'hono';
import postgres from 'postgres';
import { z } from 'zod';

const [databaseUrl, port] = process.argv.slice(2);
const sql = postgres(databaseUrl ?? '', { max: 10 });
const body = z.object({
  site: z.uuid(),
  events: z.array(trackedEvent.pick({ id: true, type: true }).extend({ url: z.url() })).max(100),
});
const app = new Hono();

app.post('/collect', async (context) => {
  const { site, events } = body.parse(await context.req.json());
  const rows = events.map((event) => ({ id: event.id, site, type: event.type, url: event.url, at: new Date() }));
  await sql`insert into view ${sql(rows)}`;
  return context.json({ accepted: rows.length }, 202);
});

await sql`create table if not exists view (id uuid primary key, site uuid, type text, url text, at timestamptz)`;
serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, () => process.stdout.write('ready\n'));
