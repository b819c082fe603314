import { queueName } from '@millrace/catalog/names.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { awsBroker } from './aws-broker.ts';
import type { Broker } from './broker.ts';
import { startConsumer } from './consumer.ts';
import type { Handle, OnDead } from './consumer-batch.ts';
import type { Closable } from './process.ts';
import { startRelay } from './relay.ts';
import type { Workload, WorkloadConfig } from './workload.ts';

/** Opens the bus and the queues of this environment. */
export function openBroker(config: WorkloadConfig): Broker {
  return awsBroker({ region: config.AWS_REGION, endpoint: config.AWS_ENDPOINT_URL, busName: config.EVENT_BUS_NAME });
}

/** Publishes what this service commits, for ever. */
export function startOwnRelay(own: Workload, broker: Broker): Closable {
  const { database, log, metrics, clock, random, reach } = own;
  return startRelay({ database, broker, log, metrics, clock, random, reach });
}

/** What a service does with the events of one subscription. */
export interface Reaction {
  // Which contract belongs to which handler is the caller's table; the envelope was checked before it is handed over.
  // biome-ignore lint/suspicious/noExplicitAny: a handler takes the events of its own contracts only
  handle: Handle<any>;
  onDead?: OnDead;
  /** Messages of one transaction; 10. */
  batchSize?: number;
  /** How long messages gather between two fetches; see the consumer's options. */
  gatherMs?: number;
  /** The name under which the inbox remembers; the event's unless said otherwise. Never change it. */
  inboxName?: string;
}

/**
 * Consumes every subscription of this workload in the catalog, with the catalog's deadlines. `reactions` has one entry for
 * each, by the name of the subscription's first event.
 * @throws Error when a subscription has no reaction, or a reaction no subscription.
 */
export function startSubscriptions(
  own: Workload,
  broker: Broker,
  reactions: Readonly<Record<string, Reaction>>,
): Closable {
  const { service, config } = own;
  const names = service.consumes
    .filter(({ workload }) => workload === config.MILLRACE_WORKLOAD)
    .map(({ event }) => event.name);
  const missing = names.find((name) => !(name in reactions));
  if (missing) throw new Error(`${service.name} subscribes to ${missing} and has no reaction to it.`);
  const consumers = Object.entries(reactions).map(([name, reaction]) =>
    startSubscription(own, broker, { name, reaction }),
  );
  return {
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}

/**
 * Consumes one subscription, by the name of its first event, with the catalog's deadlines.
 * @throws Error when the service has no such subscription.
 */
export function startSubscription(own: Workload, broker: Broker, part: { name: string; reaction: Reaction }): Closable {
  const { service, config, database, log, metrics, clock, random, reach } = own;
  const subscription = service.consumes.find((each) => each.event.name === part.name);
  if (!subscription) throw new Error(`${service.name} does not subscribe to ${part.name} in the catalog.`);
  const { event, deadlineSeconds, maxReceives } = subscription;
  const { batchSize = 10, gatherMs = 0, inboxName = event.name, handle, onDead } = part.reaction;
  return startConsumer({
    name: inboxName,
    queue: broker.queue(queueName(config.MILLRACE_ENVIRONMENT, service.name, event.name)),
    contracts: eventsOf(subscription),
    database,
    deadlineMs: deadlineSeconds * 1_000,
    batchSize,
    gatherMs,
    handle,
    ...(onDead && { onDead }),
    log,
    metrics,
    clock,
    random,
    maxReceives,
    inboxDays: service.inboxDays,
    reach,
  });
}
