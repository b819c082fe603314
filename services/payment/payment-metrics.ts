import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Gauge, Histogram } from '@millrace/runtime/telemetry.ts';

export interface PaymentMetrics {
  outcomes: Counter<'outcome'>;
  alarms: Counter<'reason'>;
  attention: Gauge<'reason'>;
  webhooks: Counter<'outcome'>;
  providerFaults: Counter<'operation' | 'kind'>;
  providerSeconds: Histogram<'operation'>;
}

const made = new WeakMap<Metrics['registry'], PaymentMetrics>();

/** The metrics of this service, made once for a registry. */
export function paymentMetrics({ registry }: Pick<Metrics, 'registry'>): PaymentMetrics {
  const known = made.get(registry);
  if (known) return known;
  const registers = [registry];
  const metrics: PaymentMetrics = {
    outcomes: new Counter({
      name: 'payment_outcomes_total',
      help: 'Payments that went into a state in which nothing is left to do.',
      labelNames: ['outcome'],
      registers,
    }),
    alarms: new Counter({
      name: 'payment_alarms_total',
      help: 'Payments that a person must look at.',
      labelNames: ['reason'],
      registers,
    }),
    attention: new Gauge({
      name: 'payment_attention',
      help: 'Payments that wait for a person now.',
      labelNames: ['reason'],
      registers,
    }),
    webhooks: new Counter({
      name: 'payment_webhooks_total',
      help: 'Callbacks of the provider, by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
    providerFaults: new Counter({
      name: 'payment_provider_faults_total',
      help: 'Calls of the provider without a usable answer.',
      labelNames: ['operation', 'kind'],
      registers,
    }),
    providerSeconds: new Histogram({
      name: 'payment_provider_seconds',
      help: 'Time of one call of the provider.',
      labelNames: ['operation'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  };
  made.set(registry, metrics);
  return metrics;
}
