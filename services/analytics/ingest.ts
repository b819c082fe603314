import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter } from '@millrace/runtime/telemetry.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import type { Client } from './client.ts';
import type { CleanEvent, Dropped } from './collect.ts';
import type { CountryFinder } from './country.ts';
import { withoutMapping } from './country.ts';
import type { GroupCommit } from './group-commit.ts';
import type { KnownSites } from './known-sites.ts';
import type { Rate } from './rate-limit.ts';
import type { VisitorSalts } from './visitor.ts';
import { visitorId } from './visitor.ts';

/** What the doors that take events need. */
export interface Ingest {
  sites: KnownSites;
  commit: GroupCommit;
  salts: VisitorSalts;
  countries: CountryFinder;
  readClient: (userAgent: string) => Client;
  store: VolatileStore;
  rates: { site: Rate; address: Rate };
  counts: IngestCounts;
  makeReceipt: (batchIds: readonly string[]) => string;
  /** On a laptop pages on this machine may send for every site. */
  allowLoopback: boolean;
  clock: Clock;
  log: Log;
}

export interface IngestCounts {
  accepted: Counter<'door'>;
  dropped: Counter<'door' | 'reason'>;
}

export function ingestCounts(metrics: Metrics): IngestCounts {
  const registers = [metrics.registry];
  return {
    accepted: new Counter({
      name: 'analytics_events_accepted_total',
      help: 'Events that were committed at a door.',
      labelNames: ['door'],
      registers,
    }),
    dropped: new Counter({
      name: 'analytics_events_dropped_total',
      help: 'Events that were not stored, by reason.',
      labelNames: ['door', 'reason'],
      registers,
    }),
  };
}

/** Counts what became of a request's events. Nothing about who sent them is kept of a dropped one. */
export function countOutcome(
  counts: IngestCounts,
  outcome: { door: 'collect' | 'import'; accepted: number; dropped: readonly Dropped[] },
): void {
  const { door } = outcome;
  if (outcome.accepted > 0) counts.accepted.inc({ door }, outcome.accepted);
  for (const { reason } of outcome.dropped) counts.dropped.inc({ door, reason });
}

/** Who sent an event, for as long as the request lasts. */
export interface Sender {
  address: string;
  userAgent: string;
  client: Client;
}

/** Completes events, in place, with what is known about the sender; its address and user agent go no further. */
export async function enrich(
  ingest: Pick<Ingest, 'salts' | 'countries'>,
  events: readonly CleanEvent[],
  sender: Sender,
): Promise<TrackedEvent[]> {
  const { browser, os, device } = sender.client;
  const address = withoutMapping(sender.address);
  const country = ingest.countries.of(address);
  const known = {
    ...(country && { country }),
    ...(browser && { browser }),
    ...(os && { os }),
    ...(device && { device }),
  };
  const visitors = new Map<string, string>();
  const enriched: TrackedEvent[] = [];
  for (const event of events) {
    const day = event.at.slice(0, 10);
    let visitor = visitors.get(day);
    if (!visitor) {
      const salt = await ingest.salts.of(day);
      visitor = visitorId(salt, { siteId: event.siteId, address, userAgent: sender.userAgent });
      visitors.set(day, visitor);
    }
    enriched.push(Object.assign(event, known, { visitor }));
  }
  return enriched;
}
