import type { CreateArchiveCommandInput } from '@aws-sdk/client-eventbridge';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { SQS } from '@aws-sdk/client-sqs';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { busOf, patternOf } from '@millrace/catalog/event-pattern.ts';
import { archiveName, busName, deadLetterQueueName, queueName, ruleName } from '@millrace/catalog/names.ts';
import type { Service, Subscription } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';

interface Clients {
  events: EventBridge;
  sqs: SQS;
}

interface Queue {
  url: string;
  arn: string;
}

const day = 86_400;
const maxPages = 100;

/**
 * Makes the bus, its archive and every subscription's queue, dead-letter queue, rule and target as the catalog says, and
 * removes what else carries the environment's prefix. Run again it changes nothing.
 */
export async function provisionEvents(wanted: { endpoint: string; environment: EnvironmentName }): Promise<void> {
  const { endpoint, environment } = wanted;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const options = { endpoint, region: 'us-east-1', credentials };
  const clients = { events: new EventBridge(options), sqs: new SQS(options) };
  try {
    await provisionBus(clients, environment);
    /** Queues, and rules (named alike) with the bus on which each lies. */
    const names = new Map<string, string | undefined>();
    for (const service of services) {
      for (const subscription of service.consumes) {
        await provisionSubscription(clients, { environment, service, subscription });
        const event = subscription.event.name;
        names.set(deadLetterQueueName(environment, service.name, event), undefined);
        names.set(queueName(environment, service.name, event), busOf(subscription, environment));
      }
    }
    await removeLeftovers(clients, environment, names);
  } finally {
    clients.events.destroy();
    clients.sqs.destroy();
  }
}

async function provisionBus({ events }: Clients, environment: EnvironmentName): Promise<void> {
  const Name = busName(environment);
  await events.createEventBus({ Name }).catch(unless('ResourceAlreadyExistsException'));
  const { Arn } = await events.describeEventBus({ Name });
  const archive: CreateArchiveCommandInput = {
    ArchiveName: archiveName(environment),
    EventSourceArn: Arn,
    RetentionDays: environments[environment].archiveRetentionDays,
  };
  const known = await events.createArchive(archive).catch(unless('ResourceAlreadyExistsException'));
  if (known === undefined) {
    await events.updateArchive({ ArchiveName: archive.ArchiveName, RetentionDays: archive.RetentionDays });
  }
}

interface Place {
  environment: EnvironmentName;
  service: Service;
  subscription: Subscription;
}

async function provisionSubscription(clients: Clients, { environment, service, subscription }: Place): Promise<void> {
  const name = subscription.event.name;
  const deadLetters = await provisionQueue(clients, deadLetterQueueName(environment, service.name, name), {
    MessageRetentionPeriod: String(subscription.deadLetterRetentionDays * day),
  });
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: deadLetters.arn,
    maxReceiveCount: subscription.maxReceives,
  });
  const queue = await provisionQueue(clients, queueName(environment, service.name, name), {
    VisibilityTimeout: String(subscription.visibilitySeconds),
    MessageRetentionPeriod: String(subscription.queueRetentionDays * day),
    RedrivePolicy,
  });
  const rule = { Name: ruleName(environment, service.name, name), EventBusName: busOf(subscription, environment) };
  const pattern = patternOf(subscription, { environment, service });
  await clients.events.putRule({ ...rule, EventPattern: JSON.stringify(pattern) });
  await clients.events.putTargets({
    Rule: rule.Name,
    EventBusName: rule.EventBusName,
    Targets: [{ Id: 'queue', Arn: queue.arn, DeadLetterConfig: { Arn: deadLetters.arn } }],
  });
}

/** Creates a queue, or sets the attributes of the one that is there. */
async function provisionQueue({ sqs }: Clients, name: string, attributes: Record<string, string>): Promise<Queue> {
  const created = await sqs.createQueue({ QueueName: name, Attributes: attributes }).catch(unless('QueueNameExists'));
  const url = created?.QueueUrl ?? (await sqs.getQueueUrl({ QueueName: name })).QueueUrl ?? '';
  if (created === undefined) await sqs.setQueueAttributes({ QueueUrl: url, Attributes: attributes });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['QueueArn'] });
  return { url, arn: Attributes?.QueueArn ?? '' };
}

/** Removes the environment's rules and queues that the catalog does not name any more; the default bus may hold others' too. */
async function removeLeftovers(
  { events, sqs }: Clients,
  environment: EnvironmentName,
  wanted: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const prefix = `${busName(environment)}-`;
  for (const bus of [busName(environment), 'default']) {
    for (const name of await ruleNames(events, bus)) {
      const isOurs = bus !== 'default' || name.startsWith(prefix);
      if (isOurs && wanted.get(name) !== bus) await removeRule(events, { Name: name, EventBusName: bus });
    }
  }
  const { QueueUrls = [] } = await sqs.listQueues({ QueueNamePrefix: prefix });
  for (const url of QueueUrls) {
    if (!wanted.has(url.slice(url.lastIndexOf('/') + 1))) await sqs.deleteQueue({ QueueUrl: url });
  }
}

async function removeRule(events: EventBridge, rule: { Name: string; EventBusName: string }): Promise<void> {
  const { Targets = [] } = await events.listTargetsByRule({ Rule: rule.Name, EventBusName: rule.EventBusName });
  const Ids = Targets.flatMap(({ Id }) => Id ?? []);
  if (Ids.length > 0) await events.removeTargets({ Rule: rule.Name, EventBusName: rule.EventBusName, Ids });
  await events.deleteRule(rule);
}

async function ruleNames(events: EventBridge, bus: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const { Rules = [], NextToken } = await events.listRules({ EventBusName: bus, ...(token && { NextToken: token }) });
    names.push(...Rules.flatMap(({ Name }) => Name ?? []));
    if (NextToken === undefined) break;
    token = NextToken;
  }
  return names;
}

/** Turns one expected refusal into undefined. */
const unless =
  (expected: string) =>
  (error: unknown): undefined => {
    if (!(error instanceof Error) || error.name !== expected) throw error;
  };
