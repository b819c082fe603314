import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { findFreePort } from '@millrace/local/ports.ts';
import { busName, NumberCounted, queueName } from './flow-parts.ts';
import type { Stage } from './stage.ts';
import { root } from './stage.ts';

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** The AWS-compatible endpoint in a process of its own, with a bus, a rule and a queue. */
export interface AwsStage {
  url: string;
  queueUrl: string;
  /** Puts messages into another queue, for the SDK alone. */
  fill(count: number): Promise<string>;
  remove(): void;
}

/** Starts the endpoint with nothing in it. */
export async function startEndpoint(stage: Stage): Promise<{ url: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-aws-'));
  const controlPort = await findFreePort();
  const worker = await stage.worker({
    args: () => ['--disable-warning=ExperimentalWarning', join(root, 'local/aws/main.ts')],
    env: (port) => ({
      HOST: '127.0.0.1',
      PORT: String(port),
      MILLRACE_AWS_CONTROL_PORT: String(controlPort),
      MILLRACE_AWS_DATA_DIR: folder,
    }),
    readyPath: '/healthz',
  });
  return { url: worker.url, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function openAws(stage: Stage): Promise<AwsStage> {
  const { url, remove } = await startEndpoint(stage);
  const sqs = new SQSClient({ ...settings, endpoint: url });
  const events = new EventBridgeClient({ ...settings, endpoint: url });
  const queueUrl = await createQueue(sqs, queueName);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  await events.send(new CreateEventBusCommand({ Name: busName }));
  const EventPattern = JSON.stringify({ source: [NumberCounted.source], 'detail-type': [NumberCounted.name] });
  await events.send(new PutRuleCommand({ Name: 'numbers', EventBusName: busName, EventPattern }));
  const Targets = [{ Id: 'queue', Arn: Attributes?.QueueArn ?? '' }];
  await events.send(new PutTargetsCommand({ Rule: 'numbers', EventBusName: busName, Targets }));
  return {
    url,
    queueUrl,
    fill: (count) => fillQueue(sqs, count),
    remove,
  };
}

async function createQueue(sqs: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: '60' } }),
  );
  return QueueUrl ?? '';
}

async function fillQueue(sqs: SQSClient, count: number): Promise<string> {
  const url = await createQueue(sqs, `ceiling-${process.hrtime.bigint()}`);
  const body = JSON.stringify({ version: '0', detail: { number: 1, note: 'x'.repeat(500) } });
  const numbers = Array.from({ length: count / 10 }, (_, index) => index);
  const lane = async (): Promise<void> => {
    while (numbers.pop() !== undefined) {
      const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: body }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return url;
}
