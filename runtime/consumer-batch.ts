import type { EventContract } from '@millrace/catalog/event.ts';
import type { Message } from './broker.ts';
import type { Transaction } from './database.ts';
import { sqlOf } from './database.ts';
import { withDeadline } from './deadline.ts';
import type { EventEnvelope } from './event-envelope.ts';
import type { ReachPoint } from './fault-point.ts';
import { acceptOnce, forget } from './inbox.ts';
import { continueTrace, runWithTrace } from './telemetry.ts';

/**
 * What a handler made of its events. `partly` names those that it did not apply: `later` ones are shown again after a
 * while (an earlier one is still missing), `dead` ones go to the dead-letter queue. The rest is applied.
 */
export type Outcome =
  | { outcome: 'applied' }
  | { outcome: 'partly'; later?: readonly string[]; dead?: readonly { eventId: string; reason: string }[] };

export const applied: Outcome = { outcome: 'applied' };

/** Applies events in the transaction that it is given. Throwing rolls everything back, the inbox too. */
export type Handle<Contract extends EventContract> = (
  tx: Transaction,
  events: EventEnvelope<Contract>[],
) => Promise<Outcome>;

/** Notes, in a transaction, that a message went to the dead-letter queue. May be called again for the same one. */
export type OnDead = (tx: Transaction, dead: { eventId: string | undefined; reason: string }) => Promise<void>;

export interface Delivery<Contract extends EventContract> {
  message: Message;
  event: EventEnvelope<Contract>;
}

export interface BatchResult {
  applied: number;
  duplicates: number;
  later: Set<string>;
  dead: Map<string, string>;
}

interface Batch<Contract extends EventContract> {
  consumer: string;
  deliveries: readonly Delivery<Contract>[];
  handle: Handle<Contract>;
  onDead: OnDead | undefined;
  deadlineMs: number;
  /** The longest statement; the handler's deadline when that is shorter. */
  statementMs: number;
  reach: ReachPoint;
}

/** A handler took longer than it may. */
export class HandlerDeadline extends Error {}

/** Applies the events that are new, within the caller's transaction: the inbox first, so that a second delivery waits here and skips. */
export async function applyBatch<Contract extends EventContract>(
  tx: Transaction,
  batch: Batch<Contract>,
): Promise<BatchResult> {
  const { consumer, deliveries, handle, onDead, deadlineMs, statementMs, reach } = batch;
  reach('consumer:before-inbox');
  const ids = deliveries.map(({ event }) => event.id);
  const limit = sqlOf(tx)`select set_config('statement_timeout', ${String(Math.min(deadlineMs, statementMs))}, true)`;
  const [, fresh] = await Promise.all([limit, acceptOnce(tx, consumer, ids)]);
  reach('consumer:after-inbox');
  const events = takeFresh(deliveries, fresh);
  const result: BatchResult = { applied: 0, duplicates: ids.length - events.length, later: new Set(), dead: new Map() };
  if (events.length === 0) return result;
  const trace = continueTrace(events.length === 1 ? events[0]?.traceparent : undefined);
  // The transaction refuses the handler's queries once it is over, so a late handler can do no harm.
  const late = (): Error => new HandlerDeadline(`The handler took longer than ${deadlineMs} ms.`);
  const outcome = await runWithTrace(trace, () => withDeadline(handle(tx, events), deadlineMs, late));
  if (outcome.outcome === 'partly') {
    // Only what was handed over counts.
    result.later = new Set(outcome.later?.filter((id) => fresh.has(id)));
    const dead = outcome.dead?.filter(({ eventId }) => fresh.has(eventId) && !result.later.has(eventId));
    result.dead = new Map(dead?.map(({ eventId, reason }) => [eventId, reason]));
  }
  const unapplied = [...result.later, ...result.dead.keys()];
  if (unapplied.length > 0) await forget(tx, consumer, unapplied);
  for (const [eventId, reason] of result.dead) await onDead?.(tx, { eventId, reason });
  result.applied = events.length - unapplied.length;
  reach('consumer:after-handler');
  return result;
}

/** The first delivery of each new event, in the order of its aggregate. */
function takeFresh<Contract extends EventContract>(
  deliveries: readonly Delivery<Contract>[],
  fresh: Set<string>,
): EventEnvelope<Contract>[] {
  const left = new Set(fresh);
  const events = deliveries.map(({ event }) => event).filter((event) => left.delete(event.id));
  // Stable: events of different aggregates stay in the order of their receipt.
  return inAggregateOrder(events);
}

function inAggregateOrder<Contract extends EventContract>(
  events: EventEnvelope<Contract>[],
): EventEnvelope<Contract>[] {
  const groups = new Map<string, EventEnvelope<Contract>[]>();
  for (const event of events) {
    const group = groups.get(event.aggregateId);
    if (group) group.push(event);
    else groups.set(event.aggregateId, [event]);
  }
  if (groups.size === events.length) return events;
  for (const group of groups.values()) group.sort((one, other) => one.aggregateVersion - other.aggregateVersion);
  return events.map((event) => groups.get(event.aggregateId)?.shift() ?? event);
}
