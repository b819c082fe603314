import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { analytics } from '@millrace/catalog/services.ts';
import type { Queue } from '@millrace/runtime/broker.ts';
import { startConsumer } from '@millrace/runtime/consumer.ts';
import type { Handle, OnDead } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Database } from '@millrace/runtime/database.ts';
import type { ReachPoint } from '@millrace/runtime/fault-point.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter } from '@millrace/runtime/telemetry.ts';
import { addDeadBatch, reviveBatches } from './dead-batch-store.ts';
import { storeEvents } from './event-store.ts';
import { processorName } from './receipt-store.ts';
import { startRetention } from './retention.ts';
import { startRoller } from './roll-up.ts';

export interface ProcessorParts {
  database: Database;
  /** For the roller and retention, whose statements may take a minute; two connections are enough. */
  slowDatabase: Database;
  /** The queue of PageViewsCollected. */
  queue: Queue;
  log: Log;
  metrics: Metrics;
  clock: Clock;
  random: Random;
  reach?: ReachPoint;
}

/** Messages of one transaction: each holds up to a thousand events. */
const batchSize = 20;
const subscription = analytics.consumes.find(({ event }) => event === PageViewsCollected);

/** Turns collected batches into events and visits, counts roll-ups, and removes what is old. Any number may run. */
export function startProcessor(parts: ProcessorParts): { close(): Promise<void> } {
  const { slowDatabase, log, metrics, clock, reach, ...rest } = parts;
  if (!subscription) throw new Error('The catalog has no subscription to PageViewsCollected.');
  const roller = startRoller({ database: slowDatabase, log, metrics });
  const retention = startRetention({ database: slowDatabase, log, metrics, clock });
  const consumer = startConsumer({
    ...rest,
    log,
    metrics,
    clock,
    name: processorName,
    contracts: [PageViewsCollected],
    batchSize,
    deadlineMs: subscription.deadlineSeconds * 1_000,
    maxReceives: subscription.maxReceives,
    inboxDays: analytics.inboxDays,
    handle: makeHandle(metrics),
    onDead: makeOnDead(clock),
    ...(reach && { reach }),
  });
  return {
    close: async () => {
      await consumer.close();
      await Promise.all([roller.close(), retention.close()]);
    },
  };
}

function makeHandle(metrics: Metrics): Handle<typeof PageViewsCollected> {
  const stored = new Counter({
    name: 'analytics_events_total',
    help: 'Events that arrived in the store, new or known.',
    labelNames: ['known'],
    registers: [metrics.registry],
  });
  return async (tx, batches) => {
    const events = batches.flatMap((batch) => batch.data.events);
    const ids = batches.map((batch) => batch.id);
    const [fresh] = await Promise.all([storeEvents(tx, events), reviveBatches(tx, ids)]);
    stored.inc({ known: 'no' }, fresh);
    stored.inc({ known: 'yes' }, events.length - fresh);
    return applied;
  };
}

/** A message without a readable id has nothing that a receipt could ask for. */
function makeOnDead(clock: Clock): OnDead {
  return async (tx, { eventId, reason }) => {
    if (eventId !== undefined) await addDeadBatch(tx, { id: eventId, reason, at: clock.now() });
  };
}
