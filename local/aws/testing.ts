import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import type { Message } from '@aws-sdk/client-sqs';
import { SQS } from '@aws-sdk/client-sqs';
import type { AwsEndpoint } from './endpoint.ts';
import { startAwsEndpoint } from './endpoint.ts';

const patienceMs = 30_000;

/** The real SDK's clients for an endpoint, without retries, so that each refusal is seen. */
export function clientsOf(url: string): { sqs: SQS; events: EventBridge } {
  const credentials = { accessKeyId: 'any', secretAccessKey: 'thing' };
  const options = { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 };
  return { sqs: new SQS(options), events: new EventBridge(options) };
}

export interface TestEndpoint extends AwsEndpoint {
  sqs: SQS;
  events: EventBridge;
  dataDir: string;
}

/** An endpoint of its own on free ports, with an empty state folder that goes with it. */
export async function startTestEndpoint(): Promise<TestEndpoint> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-aws-'));
  const endpoint = await startAwsEndpoint({ host: '127.0.0.1', port: 0, controlPort: 0, dataDir });
  const clients = clientsOf(endpoint.url);
  return {
    ...endpoint,
    ...clients,
    dataDir,
    close: async () => {
      clients.sqs.destroy();
      clients.events.destroy();
      await endpoint.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Creates a queue; returns its URL and ARN. */
export async function makeQueue(
  sqs: SQS,
  name: string,
  attributes: Record<string, string> = {},
): Promise<{ url: string; arn: string }> {
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: name, Attributes: attributes });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  return { url: QueueUrl, arn: Attributes?.QueueArn ?? '' };
}

/** Receives until `count` messages have come or half a minute is over; deletes nothing. */
export async function receiveAll(sqs: SQS, url: string, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  const deadline = Date.now() + patienceMs;
  while (messages.length < count && Date.now() < deadline) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    messages.push(...Messages);
  }
  return messages;
}

/** Waits until `read` gives what `isDone` wants, at most half a minute, and returns it. */
export async function eventually<Value>(read: () => Promise<Value>, isDone: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isDone(value) || Date.now() > deadline) return value;
    await pause(25);
  }
}

/** The name, or old error code, with which a call was refused; 'accepted' when it was not. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
