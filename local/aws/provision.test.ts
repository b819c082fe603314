import { busName, deadLetterQueueName, queueName } from '@millrace/catalog/names.ts';
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

const subscriptions = services.flatMap(({ name, consumes }) =>
  consumes.map((subscription) => ({ name, subscription })),
);

test('the catalog becomes buses, queues and rules, twice with the same result, and leftovers go', async () => {
  const environment = 'dev';
  await provisionEvents({ endpoint: aws.url, environment });
  await makeQueue(aws.sqs, 'dev-millrace-old-Event');
  await makeQueue(aws.sqs, 'someone-elses');
  const old = { Name: 'dev-millrace-old-Event', EventBusName: busName(environment) };
  await aws.events.putRule({ ...old, EventPattern: '{"source":["old"]}' });
  await provisionEvents({ endpoint: aws.url, environment });

  const { QueueUrls = [] } = await aws.sqs.listQueues({});
  const wanted = subscriptions.flatMap(({ name, subscription: { event } }) => [
    queueName(environment, name, event.name),
    deadLetterQueueName(environment, name, event.name),
  ]);
  expect(QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort()).toEqual(
    [...wanted, 'someone-elses'].sort(),
  );
  const { Rules = [] } = await aws.events.listRules({ EventBusName: busName(environment) });
  expect(Rules).toHaveLength(subscriptions.length);

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
