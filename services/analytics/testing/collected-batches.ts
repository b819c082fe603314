import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { queueName } from '@millrace/catalog/names.ts';
import type { OutgoingEvent } from '@millrace/runtime/broker.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';

export const collectedQueue = queueName('dev', 'analytics', PageViewsCollected.name);
export const collectedBindings = { [PageViewsCollected.name]: [collectedQueue] };

/** A batch as the relay publishes it. */
export function collectedBatch(events: readonly TrackedEvent[], id = systemRandom.uuid()): OutgoingEvent {
  const occurredAt = new Date();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const detail = {
    id,
    version: PageViewsCollected.version,
    occurredAt: occurredAt.toISOString(),
    aggregateId: id,
    aggregateVersion: 1,
    correlationId: id,
    traceparent,
    data: { events },
  };
  const { name: type, source } = PageViewsCollected;
  return { id, type, source, detail: JSON.stringify(detail), occurredAt, traceparent };
}
