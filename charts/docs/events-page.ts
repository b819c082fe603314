import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import { contractFile, publishedContract } from '@millrace/catalog/contracts.ts';
import type { Environment } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { EventContract } from '@millrace/catalog/event.ts';
import { busName, deadLetterQueueName, queueName } from '@millrace/catalog/names.ts';
import type { Service, Subscription } from '@millrace/catalog/service.ts';
import { code, eventAnchor, eventHeading, listed, page, table } from './markdown.ts';
import type { Step } from './mermaid.ts';
import { flowchart, sequence } from './mermaid.ts';
import { departures, happyOrder } from './order-flow.ts';
import { schemaFields } from './schema-fields.ts';

interface Catalog {
  services: readonly Service[];
  environments: Readonly<Record<string, Environment>>;
}

/** The page of all events: who publishes them, who consumes them, what is in them and how they are delivered. */
export function eventsPage({ services, environments }: Catalog): string {
  const contracts = services.flatMap((service) => service.publishes);
  return page([
    '# Events',
    `Every event is published once to the environment's bus (${environmentNames.map((name) => code(busName(name))).join(', ')}). ` +
      'One subscription is one rule, one queue and one dead-letter queue. What a service is: [services](services.md).',
    '## Who tells whom',
    eventFlow(services),
    '## An order',
    orderSequence(services),
    '## All events',
    table(
      ['event', 'version', 'published by', 'consumed by'],
      contracts.map((contract) => [
        `[${eventHeading(contract)}](${eventAnchor(contract)})`,
        String(contract.version),
        serviceLink(contract.publisher),
        listed(subscribersOf(services, contract).map(({ service }) => serviceLink(service.name))),
      ]),
    ),
    '## How long events are kept',
    table(
      ['environment', 'archive of the bus'],
      Object.values(environments).map(({ name, archiveRetentionDays }) => [name, days(archiveRetentionDays)]),
    ),
    '## Each event',
    ...contracts.flatMap((contract) => eventSection(contract, services)),
  ]);
}

function eventSection(contract: EventContract, services: readonly Service[]): string[] {
  const schema = JSON.parse(JSON.stringify(publishedContract(contract))) as JsonSchema;
  const file = contractFile(contract);
  return [
    `### ${eventHeading(contract)}`,
    `Version ${contract.version}, ${code(`source: ${contract.source}`)}, published by ${serviceLink(contract.publisher)}. ` +
      `Contract: [${file}](../../catalog/published/${file}), declared in [catalog/events/${contract.publisher}.ts](../../catalog/events/${contract.publisher}.ts).`,
    table(
      ['field', 'type', 'always there', 'limits'],
      schemaFields(schema).map(({ path, type, isRequired, limits }) => [
        code(path),
        type,
        isRequired ? 'yes' : 'no',
        limits,
      ]),
    ),
    table(
      ['consumer', 'queue and dead-letter queue', 'deadline', 'visibility', 'receives', 'kept', 'kept as dead letter'],
      subscribersOf(services, contract).map(({ service, subscription }) => subscriptionRow(service, subscription)),
    ),
  ];
}

/** Queues are named alike in every environment but for its name, so one is enough. */
function subscriptionRow(service: Service, subscription: Subscription): string[] {
  const { event, workload } = subscription;
  const names = [queueName, deadLetterQueueName].map((nameOf) => nameOf('dev', service.name, event.name));
  return [
    `${serviceLink(service.name)} ${workload}`,
    names.map((name) => code(name.replace(/^dev-/, '<env>-'))).join(', '),
    `${subscription.deadlineSeconds} s`,
    `${subscription.visibilitySeconds} s`,
    String(subscription.maxReceives),
    days(subscription.queueRetentionDays),
    days(subscription.deadLetterRetentionDays),
  ];
}

/** Which service hears which events of which other, one arrow for each pair. */
function eventFlow(services: readonly Service[]): string {
  const pairs = new Map<string, { from: string; to: string; events: string[] }>();
  for (const service of services) {
    for (const { event } of service.consumes) {
      const key = `${event.publisher} ${service.name}`;
      const pair = pairs.get(key) ?? { from: event.publisher, to: service.name, events: [] };
      pairs.set(key, { ...pair, events: [...pair.events, event.name] });
    }
  }
  const talking = new Set([...pairs.values()].flatMap(({ from, to }) => [from, to]));
  return flowchart(
    services.filter(({ name }) => talking.has(name)).map(({ name }) => ({ id: name, label: name, shape: 'box' })),
    [...pairs.values()].map(({ from, to, events }) => ({ from, to, label: events.join('<br/>') })),
  );
}

function orderSequence(services: readonly Service[]): string {
  const messages = (events: readonly EventContract[]): Step[] =>
    events.flatMap((event) =>
      subscribersOf(services, event).map(({ service }) => ({
        kind: 'message',
        from: event.publisher,
        to: service.name,
        text: event.name,
        isAsync: true,
      })),
    );
  const courseFrom = (index: number): Step[] => {
    const event = happyOrder[index];
    if (!event) return [];
    const leaving = departures.filter(({ after }) => after === event);
    const onwards = courseFrom(index + 1);
    if (leaving.length === 0) return [...messages([event]), ...onwards];
    const options = [
      { when: 'all is well', steps: onwards },
      ...leaving.map(({ when, events }) => ({ when, steps: messages(events) })),
    ];
    return [...messages([event]), { kind: 'choice', options }];
  };
  const said = [...happyOrder, ...departures.flatMap(({ events }) => events)];
  const names = new Set(
    said.flatMap((event) => [event.publisher, ...subscribersOf(services, event).map(({ service }) => service.name)]),
  );
  return sequence(
    [
      { id: 'shopper', label: 'shopper', shape: 'round' },
      ...services
        .filter(({ name }) => names.has(name))
        .map(({ name }) => ({ id: name, label: name, shape: 'box' }) as const),
    ],
    [
      { kind: 'message', from: 'shopper', to: 'order', text: 'POST /api/orders', isAsync: false },
      { kind: 'message', from: 'order', to: 'shopper', text: '202 Accepted', isAsync: true },
      ...courseFrom(0),
    ],
  );
}

function subscribersOf(
  services: readonly Service[],
  contract: EventContract,
): { service: Service; subscription: Subscription }[] {
  return services.flatMap((service) =>
    service.consumes
      .filter(({ event }) => event.name === contract.name && event.version === contract.version)
      .map((subscription) => ({ service, subscription })),
  );
}

const serviceLink = (name: string): string => `[${name}](services.md#${name})`;
const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);
