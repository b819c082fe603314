import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Gauge } from '@millrace/runtime/telemetry.ts';

export interface OrderMetrics {
  moves: Counter<'move' | 'to'>;
  refused: Counter<'move' | 'state'>;
  alarms: Counter<'reason'>;
  overdue: Gauge;
  oldestSeconds: Gauge;
}

const made = new WeakMap<Metrics['registry'], OrderMetrics>();

/** The metrics of orders, made once for a registry. */
export function orderMetrics({ registry }: Pick<Metrics, 'registry'>): OrderMetrics {
  const known = made.get(registry);
  if (known) return known;
  const registers = [registry];
  const metrics: OrderMetrics = {
    moves: new Counter({
      name: 'orders_moved_total',
      help: 'Moves of orders, by what caused them and where they led.',
      labelNames: ['move', 'to'],
      registers,
    }),
    refused: new Counter({
      name: 'orders_refused_moves_total',
      help: 'What came too late, or twice: no move of the table.',
      labelNames: ['move', 'state'],
      registers,
    }),
    alarms: new Counter({
      name: 'orders_alarms_total',
      help: 'What contradicts an order, or an order that cannot be moved: a person must look.',
      labelNames: ['reason'],
      registers,
    }),
    overdue: new Gauge({
      name: 'orders_overdue',
      help: 'Orders whose refund was asked for and not answered in time.',
      registers,
    }),
    oldestSeconds: new Gauge({
      name: 'orders_oldest_unfinished_seconds',
      help: 'Age of the oldest order that has not ended.',
      registers,
    }),
  };
  made.set(registry, metrics);
  return metrics;
}
