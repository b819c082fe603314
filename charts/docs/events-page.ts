import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import { contractFile, publishedContract } from '@millrace/catalog/contracts.ts';
import type { Environment } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { EventContract } from '@millrace/catalog/event.ts';
import { busName, deadLetterQueueName, queueName } from '@millrace/catalog/names.ts';
import type { Service, Subscription } from '@millrace/catalog/service.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { filterWords } from './filter-words.ts';
import { code, eventAnchor, eventHeading, listed, page, table } from './markdown.ts';
import type { FlowNode, Step } from './mermaid.ts';
import { flowchart, sequence } from './mermaid.ts';
import { departures, happyOrder } from './order-flow.ts';
import { schemaFields } from './schema-fields.ts';

interface Catalog {
  services: readonly Service[];
  environments: Readonly<Record<string, Environment>>;
}

/** The page of all events: who publishes them, who consumes them, what is in them and how they are delivered. */
export function eventsPage({ services, environments }: Catalog): string {
  const heard = services.flatMap(({ consumes }) => consumes.flatMap(eventsOf));
  const foreign = new Set(heard.filter(({ isForeign }) => isForeign));
  const contracts = [...services.flatMap((service) => service.publishes), ...foreign];
  return page([
    '# Events',
    `Every event is published once to the environment's bus (${environmentNames.map((name) => code(busName(name))).join(', ')}). ` +
      'One subscription is one rule, one queue and one dead-letter queue. What a service is: [services](services.md).',
    "What AWS itself tells comes over the account's default bus.",
    '## Who tells whom',
    'A line on an arrow is one rule: its events, and after "if" what they must contain.',
    eventFlow(services),
    '## An order',
    orderSequence(services),
    '## All events',
    table(
      ['event', 'version', 'published by', 'consumed by'],
      contracts.map((contract) => [
        `[${eventHeading(contract)}](${eventAnchor(contract)})`,
        String(contract.version),
        publisherOf(contract),
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
  return [
    `### ${eventHeading(contract)}`,
    contract.isForeign ? foreignWords(contract) : ownWords(contract),
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
      [
        'consumer',
        'only if',
        'in one queue with',
        'queue and dead-letter queue',
        'deadline',
        'visibility',
        'receives',
        'kept',
        'kept as dead letter',
      ],
      subscribersOf(services, contract).map((subscriber) => subscriptionRow(contract, subscriber)),
    ),
  ];
}

function ownWords(contract: EventContract): string {
  const { version, source, publisher } = contract;
  const file = contractFile(contract);
  return (
    `Version ${version}, ${code(`source: ${source}`)}, published by ${serviceLink(publisher)}. ` +
    `Contract: [${file}](../../catalog/published/${file}), declared in [catalog/events/${publisher}.ts](../../catalog/events/${publisher}.ts).`
  );
}

function foreignWords({ source, detailType = '' }: EventContract): string {
  const file = `catalog/events/${source.replace('aws.', '')}.ts`;
  const names = `${code(`source: ${source}`)}, ${code(`detail-type: ${detailType}`)}`;
  return `${names}, from AWS itself: its ${code('detail')} is the data. As far as we read it, it is declared in [${file}](../../${file}).`;
}

/** Queues are named alike in every environment but for its name, so one is enough. */
function subscriptionRow(contract: EventContract, { service, subscription }: Subscriber): string[] {
  const { event, workload } = subscription;
  const names = [queueName, deadLetterQueueName].map((nameOf) => nameOf('dev', service.name, event.name));
  const others = eventsOf(subscription).filter(({ name }) => name !== contract.name);
  return [
    `${serviceLink(service.name)} ${workload}`,
    listed(filterWords(subscription, service)),
    listed(others.map(({ name }) => name)),
    names.map((name) => code(name.replace(/^dev-/, '<env>-'))).join(', '),
    `${subscription.deadlineSeconds} s`,
    `${subscription.visibilitySeconds} s`,
    String(subscription.maxReceives),
    days(subscription.queueRetentionDays),
    days(subscription.deadLetterRetentionDays),
  ];
}

/** Which service hears which events of which other: one arrow for each pair, one line on it for each rule. */
function eventFlow(services: readonly Service[]): string {
  const pairs = new Map<string, { from: string; to: string; rules: string[] }>();
  for (const service of services) {
    for (const subscription of service.consumes) {
      const { publisher } = subscription.event;
      const pair = pairs.get(`${publisher} ${service.name}`) ?? { from: publisher, to: service.name, rules: [] };
      pairs.set(`${publisher} ${service.name}`, { ...pair, rules: [...pair.rules, ruleWords(subscription, service)] });
    }
  }
  const talking = new Set([...pairs.values()].flatMap(({ from, to }) => [from, to]));
  const own = services.map(({ name }) => name);
  const outside = [...talking].filter((name) => !own.includes(name)).sort();
  return flowchart(
    [
      ...own.filter((name) => talking.has(name)).map((name): FlowNode => ({ id: name, label: name, shape: 'box' })),
      ...outside.map((name): FlowNode => ({ id: name, label: name, shape: 'round' })),
    ],
    [...pairs.values()].map(({ from, to, rules }) => ({ from, to, label: rules.join('<br/>') })),
  );
}

function ruleWords(subscription: Subscription, service: Service): string {
  const names = eventsOf(subscription).map(({ name }) => name);
  const filter = filterWords(subscription, service);
  return `${names.join(' + ')}${filter.length > 0 ? ` if ${filter.join(' and ')}` : ''}`;
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

interface Subscriber {
  service: Service;
  subscription: Subscription;
}

function subscribersOf(services: readonly Service[], contract: EventContract): Subscriber[] {
  return services.flatMap((service) =>
    service.consumes
      .filter((subscription) =>
        eventsOf(subscription).some(({ name, version }) => name === contract.name && version === contract.version),
      )
      .map((subscription) => ({ service, subscription })),
  );
}

const serviceLink = (name: string): string => `[${name}](services.md#${name})`;
const publisherOf = ({ publisher, isForeign }: EventContract): string =>
  isForeign ? code(publisher) : serviceLink(publisher);
const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);
