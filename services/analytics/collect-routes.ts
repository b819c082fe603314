import { Problem } from '@millrace/runtime/problem.ts';
import type { HeaderReader, Reply, Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { Decision } from './collect.ts';
import { decideEvents, decideRequest } from './collect.ts';
import type { Ingest } from './ingest.ts';
import { countOutcome, enrich } from './ingest.ts';
import { addressPrefix, takeOrRefuse } from './rate-limit.ts';
import type { KnownSite } from './site-store.ts';
import { maxEvents, trackerEvent } from './tracker-event.ts';

const maxBodyBytes = 8_192;

// An event that is wrong must not refuse its neighbours, so each is read alone; the schema is what each is read by.
const { $schema: _, ...eventDocument } = z.toJSONSchema(trackerEvent, { io: 'input' });
const collectBody = z.strictObject({
  site: z
    .string()
    .max(64)
    .meta({ description: 'The public key of the site.', examples: ['0190b5f0-0000-7000-8000-000000000001'] }),
  events: z.array(z.unknown().meta(eventDocument)).min(1).meta({ maxItems: maxEvents }),
});

export const outcomeSchema = z.object({
  accepted: z.int().min(0),
  dropped: z.array(z.object({ index: z.int().min(0), reason: z.string() })),
  receipt: z
    .string()
    .nullable()
    .meta({ description: 'Asks what became of the accepted events; null when there are none.' }),
});

/** The tracker's door. It answers once the accepted events are committed. */
export function collectRoutes(ingest: Ingest): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/analytics/collect',
      operationId: 'collect',
      summary: 'Takes what visitors did. Every event that is not stored is named with the reason.',
      policy: 'public',
      cors: 'any',
      body: { schema: collectBody, types: ['application/json', 'text/plain'], maxBytes: maxBodyBytes },
      responses: { 202: { description: 'The accepted events are committed.', schema: outcomeSchema } },
      handle: (request) => collect(ingest, request),
    }),
  ];
}

async function collect(
  ingest: Ingest,
  request: { body: z.output<typeof collectBody>; headers: HeaderReader; clientAddress: string },
): Promise<Reply> {
  const { events } = request.body;
  if (events.length > maxEvents) {
    throw new Problem(413, 'too-many-events', `A request may carry ${maxEvents} events.`);
  }
  const onStoreFault = (error: unknown) => ingest.log.warn({ error }, 'the rate limit store does not answer');
  const limit = { cost: events.length, onStoreFault };
  const prefix = addressPrefix(request.clientAddress);
  await takeOrRefuse(ingest.store, { ...limit, key: `collect:net:${prefix}`, rate: ingest.rates.address });
  const site = await ingest.sites.find(request.body.site);
  if (!site) throw new Problem(404, 'unknown-site', 'There is no site with this key. Copy the script tag again.');
  await takeOrRefuse(ingest.store, { ...limit, key: `collect:site:${site.id}`, rate: ingest.rates.site });

  const userAgent = request.headers.get('user-agent') ?? '';
  const client = ingest.readClient(userAgent);
  const decision = decide(ingest, { events, headers: request.headers, site, isBot: client.isBot });
  const sender = { address: request.clientAddress, userAgent, client };
  const receipt = await store(ingest, decision, sender);
  countOutcome(ingest.counts, { door: 'collect', accepted: decision.accepted.length, dropped: decision.dropped });
  return json(202, { accepted: decision.accepted.length, dropped: decision.dropped, receipt });
}

function decide(
  ingest: Ingest,
  request: { events: readonly unknown[]; headers: HeaderReader; site: KnownSite; isBot: boolean },
): Decision {
  const { headers, site, isBot } = request;
  const whole = decideRequest({ headers, domain: site.domain, isBot, allowLoopback: ingest.allowLoopback });
  if (whole.outcome === 'kept') return decideEvents(request.events, { site, receivedAt: ingest.clock.now() });
  return { accepted: [], dropped: request.events.map((_event, index) => ({ index, reason: whole.reason })) };
}

async function store(ingest: Ingest, decision: Decision, sender: Parameters<typeof enrich>[2]): Promise<string | null> {
  if (decision.accepted.length === 0) return null;
  const events = await enrich(ingest, decision.accepted, sender);
  return ingest.makeReceipt(await ingest.commit.submit(events));
}
