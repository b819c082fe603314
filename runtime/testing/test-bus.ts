import type { TestEndpoint } from '@millrace/local/aws/testing.ts';
import { makeQueue, receiveAll, startTestEndpoint } from '@millrace/local/aws/testing.ts';
import { awsBroker } from '../aws-broker.ts';
import type { Broker } from '../broker.ts';
import type { DeadMessage } from './database-broker.ts';
import { busName, queueName } from './event-fixtures.ts';

/** The AWS-compatible endpoint with a bus, one rule, its queue and the queue's dead letters. */
export interface TestBus {
  aws: TestEndpoint;
  broker: Broker;
  /** The queue's address, and that of its dead letters. */
  url: string;
  arn: string;
  deadUrl: string;
  deadArn: string;
  /** Switches a fault on at the endpoint; see local/aws/control.ts. */
  inject(operation: string, action: object, more?: { count?: number; probability?: number }): Promise<void>;
  /** Ends all faults and empties the queues. */
  reset(): Promise<void>;
  send(...bodies: readonly string[]): Promise<void>;
  /** Messages that wait or are lent to somebody. */
  count(url?: string): Promise<number>;
  /** Receives so many dead letters and leaves them there, hidden for a minute. */
  dead(count: number): Promise<DeadMessage[]>;
  close(): Promise<void>;
}

/** Starts it. `visibilitySeconds`: how long the queue lends a message. */
export async function startTestBus(options: { visibilitySeconds?: number } = {}): Promise<TestBus> {
  process.env.AWS_ACCESS_KEY_ID ??= 'any';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'thing';
  const aws = await startTestEndpoint();
  await aws.events.createEventBus({ Name: busName });
  const dead = await makeQueue(aws.sqs, `${queueName}-dlq`, { VisibilityTimeout: '60' });
  const { url, arn } = await makeQueue(aws.sqs, queueName, {
    VisibilityTimeout: String(options.visibilitySeconds ?? 30),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1_000 }),
  });
  const EventPattern = JSON.stringify({ source: ['millrace.counting'], 'detail-type': ['CounterRaised'] });
  await aws.events.putRule({ Name: queueName, EventBusName: busName, EventPattern });
  await aws.events.putTargets({ Rule: queueName, EventBusName: busName, Targets: [{ Id: 'queue', Arn: arn }] });
  const broker = awsBroker({ region: 'us-east-1', endpoint: aws.url, busName });
  const control = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${aws.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  return {
    aws,
    broker,
    url,
    arn,
    deadUrl: dead.url,
    deadArn: dead.arn,
    inject: (operation, action, more = {}) => control('/faults', { operation, action, ...more }),
    reset: () => control('/reset', { messages: true }),
    send: async (...bodies) => {
      for (let start = 0; start < bodies.length; start += 10) {
        const Entries = bodies.slice(start, start + 10).map((MessageBody, at) => ({ Id: String(at), MessageBody }));
        await aws.sqs.sendMessageBatch({ QueueUrl: url, Entries });
      }
    },
    count: async (of = url) => {
      const { Attributes } = await aws.sqs.getQueueAttributes({ QueueUrl: of, AttributeNames: ['All'] });
      return (
        Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible)
      );
    },
    dead: async (count) =>
      (await receiveAll(aws.sqs, dead.url, count)).map(({ Body, MessageAttributes }) => ({
        body: Body ?? '',
        reason: MessageAttributes?.reason?.StringValue ?? '',
      })),
    close: async () => {
      await broker.close();
      await aws.close();
    },
  };
}
