import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Reply, Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { Dropped } from './collect.ts';
import { outcomeSchema } from './collect-routes.ts';
import type { ImportedEvent } from './import.ts';
import { importReader, maxImportLines } from './import.ts';
import type { Ingest } from './ingest.ts';
import { countOutcome, enrich } from './ingest.ts';
import type { KnownSite } from './site-store.ts';

const maxBodyBytes = 1_048_576;
const linesPerTurn = 200;

interface Parts {
  ingest: Ingest;
  /** The ids among these that are stored already. */
  findStored: (ids: readonly string[]) => Promise<string[]>;
}

/** The door for page views whose address, user agent and time are known from elsewhere, such as an access log. */
export function importRoutes(parts: Parts): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/analytics/import',
      operationId: 'importEvents',
      summary: `Takes up to ${maxImportLines} lines of JSON, each an event with ip, userAgent and at.`,
      policy: { scope: 'analytics:import' },
      query: z.strictObject({ site: z.string().max(64) }),
      body: {
        schema: z.string().min(1).meta({ description: 'One JSON object a line.' }),
        types: ['application/x-ndjson', 'application/ndjson', 'application/jsonl'],
        maxBytes: maxBodyBytes,
        format: 'text',
      },
      responses: {
        202: {
          description: 'The accepted lines are committed.',
          schema: outcomeSchema.extend({ duplicates: z.int().min(0) }),
        },
      },
      handle: async ({ query, body, subject }) => {
        const site = await parts.ingest.sites.find(query.site);
        if (site?.owner !== subject.sub) throw new Problem(404, 'unknown-site', 'There is no site with this key.');
        return importLines(parts, { site, text: body });
      },
    }),
  ];
}

async function importLines(parts: Parts, request: { site: KnownSite; text: string }): Promise<Reply> {
  const { ingest } = parts;
  const lines = request.text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines.length > maxImportLines) {
    throw new Problem(413, 'too-many-events', `An import may have ${maxImportLines} lines.`);
  }
  const { imported, dropped } = await readLines(ingest, { site: request.site, lines });
  const stored = new Set(imported.length > 0 ? await parts.findStored(imported.map(({ event }) => event.id)) : []);
  const fresh = imported.filter(({ event }) => !stored.has(event.id));
  const events: TrackedEvent[] = [];
  for (const [index, { event, address, userAgent }] of fresh.entries()) {
    const sender = { address, userAgent, client: ingest.readClient(userAgent) };
    events.push(...(await enrich(ingest, [event], sender)));
    if (index % linesPerTurn === 0) await nextTurn();
  }
  const receipt = events.length > 0 ? ingest.makeReceipt(await ingest.commit.submit(events)) : null;
  countOutcome(ingest.counts, { door: 'import', accepted: events.length, dropped });
  return json(202, { accepted: events.length, duplicates: stored.size, dropped, receipt });
}

// A long import must not hold up the tracker: the loop gives way after every few lines.
async function readLines(
  ingest: Ingest,
  request: { site: KnownSite; lines: readonly string[] },
): Promise<{ imported: ImportedEvent[]; dropped: Dropped[] }> {
  const isBot = (userAgent: string) => ingest.readClient(userAgent).isBot;
  const reader = importReader({ site: request.site, receivedAt: ingest.clock.now(), isBot });
  const imported: ImportedEvent[] = [];
  const dropped: Dropped[] = [];
  for (const [index, line] of request.lines.entries()) {
    const result = reader.read(line, index);
    if (result.outcome === 'accepted') imported.push(result.imported);
    else dropped.push({ index: result.index, reason: result.reason });
    if (index % linesPerTurn === 0) await nextTurn();
  }
  return { imported, dropped };
}
