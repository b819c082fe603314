import type { Service } from '@millrace/catalog/service.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import type { AuditedEvent } from './audit.ts';
import type { Audits, Databases, Violation } from './invariants.ts';

/** I3 and I4: no version of an aggregate is missing or doubled, and every event was applied by everybody who subscribes to it. */
export async function deliveryViolations(databases: Databases, audits: Audits): Promise<Violation[]> {
  const versions = [audits.user, audits.product, audits.payment].flatMap(versionViolations);
  const unsent = await Promise.all(
    (['user', 'product', 'order', 'payment'] as const).map(async (name) => {
      const rows = await databases[name]<{ id: string }[]>`select id from outbox`;
      return rows.map(({ id }) => ({ invariant: 'I4' as const, subject: id, what: `not published by ${name}` }));
    }),
  );
  const events = Object.values(audits).flat();
  const unread = await Promise.all(
    services
      .filter((service): service is Service & { name: keyof Databases } => service.name in databases)
      .map((service) => unreadEvents(databases, service, events)),
  );
  return [...versions, ...unsent.flat(), ...unread.flat()];
}

function versionViolations(events: readonly AuditedEvent[]): Violation[] {
  return [...Map.groupBy(events, ({ aggregateId }) => aggregateId)].flatMap(([subject, own]) => {
    const versions = own.map(({ aggregateVersion }) => aggregateVersion).sort((one, other) => one - other);
    if (versions.every((version, place) => version === place + 1)) return [];
    return [{ invariant: 'I3' as const, subject, what: `versions ${versions.join()} of ${own[0]?.type}` }];
  });
}

async function unreadEvents(
  databases: Databases,
  service: Service & { name: keyof Databases },
  events: readonly AuditedEvent[],
): Promise<Violation[]> {
  const rows = await databases[service.name]<{ consumer: string; id: string }[]>`
    select consumer, event_id as id from inbox`;
  const read = new Set(rows.map(({ consumer, id }) => `${consumer} ${id}`));
  return service.consumes.flatMap((subscription) => {
    const consumer = subscription.event.name;
    const types = new Set(eventsOf(subscription).map(({ name }) => name));
    return events
      .filter(({ type }) => types.has(type))
      .filter((event) => !subscription.filter || passes(subscription.filter, { data: event.data }))
      .filter(({ id }) => !read.has(`${consumer} ${id}`))
      .map(({ id, type }) => ({
        invariant: 'I4' as const,
        subject: id,
        what: `${type} was not applied by ${service.name}`,
      }));
  });
}

/** The one operator that the catalog's filters of these events use; another one stops the test, so that nobody is fooled. */
function passes(filter: unknown, value: unknown): boolean {
  if (Array.isArray(filter)) {
    const [rule] = filter as { numeric?: [string, number] }[];
    if (filter.length !== 1 || rule?.numeric?.[0] !== '>') throw new Error(`unknown filter ${JSON.stringify(filter)}`);
    return typeof value === 'number' && value > rule.numeric[1];
  }
  return Object.entries(filter as object).every(([key, inner]) =>
    passes(inner, (value as Record<string, unknown> | undefined)?.[key]),
  );
}
