import { patternOf } from '@millrace/catalog/event-pattern.ts';
import { fittingSample } from '@millrace/catalog/fitting-sample.ts';
import { busName, deadLetterQueueName, queueName, ruleName } from '@millrace/catalog/names.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provisionEvents } from './provision.ts';
import type { TestEndpoint } from './testing.ts';
import { makeQueue, receiveAll, startTestEndpoint } from './testing.ts';

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint();
});
afterAll(() => aws.close());

const subscriptions = services.flatMap((service) =>
  service.consumes.map((subscription) => ({ name: service.name, service, subscription })),
);

test('the catalog becomes buses, queues and rules, twice with the same result, and leftovers go', async () => {
  const environment = 'dev';
  await provisionEvents({ endpoint: aws.url, environment });
  await makeQueue(aws.sqs, 'dev-millrace-old-Event');
  await makeQueue(aws.sqs, 'someone-elses');
  const old = { Name: 'dev-millrace-old-Event', EventBusName: busName(environment) };
  await aws.events.putRule({ ...old, EventPattern: '{"source":["old"]}' });
  await aws.events.putRule({ Name: old.Name, EventPattern: '{"source":["aws.s3"]}' });
  await aws.events.putRule({ Name: 'someone-elses', EventPattern: '{"source":["aws.s3"]}' });
  await provisionEvents({ endpoint: aws.url, environment });

  const { QueueUrls = [] } = await aws.sqs.listQueues({});
  const wanted = subscriptions.flatMap(({ name, subscription: { event } }) => [
    queueName(environment, name, event.name),
    deadLetterQueueName(environment, name, event.name),
  ]);
  expect(QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort()).toEqual(
    [...wanted, 'someone-elses'].sort(),
  );
  const rules = async (EventBusName: string) => (await aws.events.listRules({ EventBusName })).Rules ?? [];
  const foreign = subscriptions.filter(({ subscription }) => subscription.event.isForeign);
  expect(foreign.length).toBeGreaterThan(0);
  expect(await rules(busName(environment))).toHaveLength(subscriptions.length - foreign.length);
  expect((await rules('default')).map(({ Name }) => Name).sort()).toEqual(
    [
      ...foreign.map(({ name, subscription: { event } }) => ruleName(environment, name, event.name)),
      'someone-elses',
    ].sort(),
  );

  const [first] = subscriptions;
  if (first === undefined) throw new Error('the catalog has no subscription');
  const { event } = first.subscription;
  const { QueueUrl = '' } = await aws.sqs.getQueueUrl({ QueueName: queueName(environment, first.name, event.name) });
  const entry = { EventBusName: busName(environment), Source: event.source, DetailType: event.name, Detail: '{}' };
  await aws.events.putEvents({ Entries: [entry] });
  expect(await receiveAll(aws.sqs, QueueUrl, 1)).toHaveLength(1);
  const { Attributes } = await aws.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  expect(Attributes?.VisibilityTimeout).toBe(String(first.subscription.visibilitySeconds));
});

test('one rule brings every event of its subscription that fits its filter', async () => {
  const environment = 'dev';
  await provisionEvents({ endpoint: aws.url, environment });
  // Nobody but AWS puts events of AWS, so those of S3 are tried where its buckets are.
  const wide = subscriptions.filter(({ subscription: { also = [], filter } }) => also.length > 0 || filter);
  expect(wide.length).toBeGreaterThanOrEqual(3);
  for (const { name, service, subscription } of wide) {
    const { detail } = patternOf(subscription, { environment, service });
    const entries = eventsOf(subscription).map((event) => ({
      EventBusName: busName(environment),
      Source: event.source,
      DetailType: event.name,
      Detail: JSON.stringify(fittingSample(event, detail)?.['detail']),
    }));
    const { QueueUrl = '' } = await aws.sqs.getQueueUrl({
      QueueName: queueName(environment, name, subscription.event.name),
    });
    await aws.sqs.purgeQueue({ QueueUrl });
    await aws.events.putEvents({ Entries: entries });
    const got = (await receiveAll(aws.sqs, QueueUrl, entries.length)).map(({ Body = '' }) => JSON.parse(Body));
    expect(got.map((event) => event['detail-type']).sort()).toEqual(entries.map(({ DetailType }) => DetailType).sort());
  }
});
