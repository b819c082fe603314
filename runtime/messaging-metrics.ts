import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './telemetry.ts';

export interface MessagingMetrics {
  outboxLagSeconds: Gauge;
  outboxDepth: Gauge;
  outboxParked: Gauge;
  published: Counter<'type'>;
  publishFailed: Counter<'code'>;
  parked: Counter<'code'>;
  handled: Counter<'consumer'>;
  duplicates: Counter<'consumer'>;
  stale: Counter<'consumer'>;
  dead: Counter<'consumer' | 'reason'>;
  retries: Counter<'consumer'>;
  handlerSeconds: Histogram<'consumer'>;
}

const made = new WeakMap<Metrics['registry'], MessagingMetrics>();
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of relays and consumers, made once for a registry. */
export function messagingMetrics({ registry }: Pick<Metrics, 'registry'>): MessagingMetrics {
  const known = made.get(registry);
  if (known) return known;
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const metrics: MessagingMetrics = {
    outboxLagSeconds: gauge('outbox_lag_seconds', 'Age of the oldest event that waits to be published.'),
    outboxDepth: gauge('outbox_depth', 'Events that wait to be published.'),
    outboxParked: gauge('outbox_parked', 'Events that the bus refused for good and a person must look at.'),
    published: counter('outbox_published_total', 'Events that the bus took.', ['type']),
    publishFailed: counter('outbox_failed_total', 'Attempts to publish that failed and are repeated.', ['code']),
    parked: counter('outbox_parked_total', 'Events parked because no second attempt can succeed.', ['code']),
    handled: counter('consumer_handled_total', 'Events applied.', ['consumer']),
    duplicates: counter('consumer_duplicates_total', 'Events skipped because they were applied before.', ['consumer']),
    stale: counter('consumer_stale_total', 'Events skipped because a later version of their aggregate was applied.', [
      'consumer',
    ]),
    dead: counter('consumer_dead_total', 'Messages put into the dead-letter queue.', ['consumer', 'reason']),
    retries: counter('consumer_retries_total', 'Messages that failed and are shown again later.', ['consumer']),
    handlerSeconds: new Histogram({
      name: 'consumer_handler_seconds',
      help: 'Time of one transaction of a consumer.',
      labelNames: ['consumer'],
      buckets: secondsBuckets,
      registers,
    }),
  };
  made.set(registry, metrics);
  return metrics;
}
