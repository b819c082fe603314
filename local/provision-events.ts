import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { busName, deadLetterQueueName, queueName, ruleName } from '@millrace/catalog/names.ts';
import type { Service, Subscription } from '@millrace/catalog/service.ts';

const region = 'us-east-1';
const callTimeoutMs = 5_000;
const daySeconds = 24 * 60 * 60;

interface Provision {
  endpoint: string;
  environment: EnvironmentName;
  services: readonly Service[];
}

/**
 * Makes what Terraform makes in the cloud, from the same catalog: the bus, and for each subscription a rule, a queue
 * and its dead-letter queue. Safe to repeat; settings that changed are brought up to date, messages stay.
 * The calls are AWS's own JSON protocol by hand, because the SDK would cost the supervisor 50 MB.
 */
export async function provisionEvents(provision: Provision): Promise<void> {
  const { endpoint, environment, services } = provision;
  const bus = busName(environment);
  await call(endpoint, 'AWSEvents.CreateEventBus', { Name: bus }, ['ResourceAlreadyExistsException']);
  const subscriptions = services.flatMap((service) =>
    service.consumes.map((subscription) => ({ service, subscription })),
  );
  await Promise.all(
    subscriptions.map(({ service, subscription }) => provisionSubscription(provision, service.name, subscription)),
  );
}

async function provisionSubscription(
  provision: Provision,
  consumer: string,
  subscription: Subscription,
): Promise<void> {
  const { endpoint, environment } = provision;
  const { event } = subscription;
  const deadLetter = await ensureQueue(endpoint, deadLetterQueueName(environment, consumer, event.name), {
    MessageRetentionPeriod: String(subscription.deadLetterRetentionDays * daySeconds),
  });
  const queue = await ensureQueue(endpoint, queueName(environment, consumer, event.name), {
    MessageRetentionPeriod: String(subscription.queueRetentionDays * daySeconds),
    VisibilityTimeout: String(subscription.visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetter, maxReceiveCount: subscription.maxReceives }),
  });
  const rule = ruleName(environment, consumer, event.name);
  const place = { EventBusName: busName(environment) };
  const pattern = JSON.stringify({ source: [event.source], 'detail-type': [event.name] });
  await call(endpoint, 'AWSEvents.PutRule', { Name: rule, ...place, EventPattern: pattern, State: 'ENABLED' });
  const target = { Id: 'queue', Arn: queue, DeadLetterConfig: { Arn: deadLetter } };
  const put = await call(endpoint, 'AWSEvents.PutTargets', { Rule: rule, ...place, Targets: [target] });
  if (Number(put['FailedEntryCount'] ?? 0) > 0) throw new Error(`the rule ${rule} does not take its queue`);
}

/** @returns the queue's ARN */
async function ensureQueue(endpoint: string, name: string, attributes: Record<string, string>): Promise<string> {
  const made = await call(endpoint, 'AmazonSQS.CreateQueue', { QueueName: name, Attributes: attributes }, [
    'QueueNameExists',
  ]);
  const isOld = made['QueueUrl'] === undefined;
  const found = isOld ? await call(endpoint, 'AmazonSQS.GetQueueUrl', { QueueName: name }) : made;
  const QueueUrl = String(found['QueueUrl']);
  if (isOld) await call(endpoint, 'AmazonSQS.SetQueueAttributes', { QueueUrl, Attributes: attributes });
  const asked = await call(endpoint, 'AmazonSQS.GetQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn'] });
  return String((asked['Attributes'] as Record<string, string>)['QueueArn']);
}

/** One operation of AWS's JSON protocol. Errors whose name contains one of `accepted` are an empty answer. */
async function call(
  endpoint: string,
  operation: string,
  input: unknown,
  accepted: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const isQueue = operation.startsWith('AmazonSQS.');
  const scope = `20260101/${region}/${isQueue ? 'sqs' : 'events'}/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': `application/x-amz-json-1.${isQueue ? 0 : 1}`,
      'x-amz-target': operation,
      authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=local`,
    },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  const text = await response.text();
  if (response.ok) return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  if (accepted.some((name) => text.includes(name))) return {};
  throw new Error(`${operation} failed: ${response.status} ${text.slice(0, 300)}`);
}
