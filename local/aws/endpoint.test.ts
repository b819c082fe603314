import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TestEndpoint } from './testing.ts';
import { clientsOf, makeQueue, receiveAll, startTestEndpoint } from './testing.ts';

const script = fileURLToPath(new URL('./main.ts', import.meta.url));
const folders: string[] = [];
const children = new Set<ChildProcess>();
let shared: TestEndpoint;

beforeAll(async () => {
  shared = await startTestEndpoint();
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});
afterAll(async () => {
  await shared.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-aws-'));
  folders.push(folder);
  return folder;
}

function run(dataDir: string, environment: Record<string, string> = {}): ChildProcess {
  const env = {
    ...process.env,
    PORT: '0',
    MILLRACE_AWS_CONTROL_PORT: '0',
    MILLRACE_AWS_DATA_DIR: dataDir,
    ...environment,
  };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function started(child: ChildProcess): Promise<string> {
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return message.url;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; words: string }> {
  let words = '';
  child.stderr?.on('data', (chunk) => {
    words += String(chunk);
  });
  const read = child.stderr === null ? undefined : once(child.stderr, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  await read;
  return { code, words };
}

test('kill -9 in the middle of sending loses nothing that was acknowledged', async () => {
  const folder = newFolder();
  const acknowledged = new Set<string>();
  for (let round = 0; round < 3; round += 1) {
    const child = run(folder);
    const { sqs, events } = clientsOf(await started(child));
    const queue = await makeQueue(sqs, 'kept');
    await events.putRule({ Name: 'kept', EventPattern: '{"source":["kill"]}' });
    await events.putTargets({ Rule: 'kept', Targets: [{ Id: '1', Arn: queue.arn }] });
    const exit = once(child, 'exit');
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let number = 0; ; number += 1) {
        const key = `${round}-${sender}-${number}`;
        const entry = { Source: 'kill', DetailType: 'x', Detail: `{"key":"${key}"}` };
        const sent =
          sender % 2 === 0
            ? sqs.sendMessage({ QueueUrl: queue.url, MessageBody: `{"detail":{"key":"${key}"}}` })
            : events.putEvents({ Entries: [entry] });
        if (
          await sent.then(
            () => false,
            () => true,
          )
        )
          return;
        acknowledged.add(key);
        if (number === 40 + round * 10 && sender === 0) child.kill('SIGKILL');
      }
    });
    await Promise.all(senders);
    await exit;
  }
  const child = run(folder);
  const { sqs } = clientsOf(await started(child));
  const { QueueUrl = '' } = await sqs.getQueueUrl({ QueueName: 'kept' });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  const messages = await receiveAll(sqs, QueueUrl, Number(Attributes?.ApproximateNumberOfMessages));
  const found = new Set(messages.map(({ Body }) => (JSON.parse(Body ?? '') as { detail: { key: string } }).detail.key));
  expect(acknowledged.size).toBeGreaterThan(100);
  expect([...acknowledged].filter((key) => !found.has(key))).toEqual([]);
}, 180_000);

test('SIGTERM ends the process cleanly, also while somebody waits for a message', async () => {
  const child = run(newFolder());
  const { sqs } = clientsOf(await started(child));
  const { url } = await makeQueue(sqs, 'waiting');
  const waiting = sqs.receiveMessage({ QueueUrl: url, WaitTimeSeconds: 20 }).catch(() => undefined);
  const end = ended(child);
  child.kill('SIGTERM');
  expect(await end).toEqual({ code: 0, words: '' });
  await waiting;
});

test('the process ends when its parent lets go of it', async () => {
  const child = run(newFolder());
  await started(child);
  const end = ended(child);
  child.disconnect();
  expect(await end).toEqual({ code: 0, words: '' });
});

test('a file that is no database, a taken port and missing settings are one clear line each', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'aws.sqlite'), 'half a file, and then the power went'.repeat(200));
  const corrupt = await ended(run(folder));
  expect(corrupt.code).toBe(5);
  expect(corrupt.words).toMatch(/^aws: .*aws\.sqlite cannot be read \(.*\); move the file away .*\n$/);

  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await ended(run(newFolder(), { PORT: String(port) }));
  other.close();
  expect(taken).toEqual({ code: 5, words: `aws: port ${port} is taken by another process\n` });

  const unset = await ended(run(newFolder(), { MILLRACE_AWS_DATA_DIR: '' }));
  expect(unset.code).toBe(5);
  expect(unset.words).toMatch(/^aws: MILLRACE_AWS_DATA_DIR: .*\n$/);

  const used = await ended(run(shared.dataDir));
  expect(used.words).toBe(`aws: ${join(shared.dataDir, 'aws.sqlite')} is in use by another process\n`);
});

test('bad requests are answered in the shape of AWS, never with a 500', async () => {
  const ask = async (target: string | undefined, body: string, method = 'POST') => {
    const headers = target === undefined ? {} : { 'x-amz-target': target };
    const response = await fetch(shared.url, { method, headers, ...(method === 'POST' && { body }) });
    const text = await response.text();
    return [response.status, (JSON.parse(text) as { __type: string }).__type.replace(/^.*#/, '')];
  };
  expect(await ask('AmazonSQS.SendMessage', '{')).toEqual([400, 'SerializationException']);
  expect(await ask('AmazonSQS.SendMessage', '[]')).toEqual([400, 'SerializationException']);
  expect(await ask('AmazonSQS.SendMessage', '{"QueueUrl":1}')).toEqual([400, 'SerializationException']);
  expect(await ask('AmazonSQS.SendMessage', '{}')).toEqual([400, 'MissingRequiredParameterException']);
  expect(await ask('AmazonSQS.constructor', '{}')).toEqual([400, 'UnknownOperationException']);
  expect(await ask('AWSEvents.PutEvents', '{"Entries":[1]}')).toEqual([400, 'SerializationException']);
  expect(await ask('AWSEvents.PutEvents', 'x'.repeat(17_000_000))).toEqual([413, 'RequestEntityTooLargeException']);
  expect(await ask('DynamoDB.ListTables', '{}')).toEqual([400, 'UnknownOperationException']);
  expect(await ask(undefined, '{}')).toEqual([404, 'UnknownOperationException']);
  expect(await ask(undefined, '', 'GET')).toEqual([404, 'UnknownOperationException']);
  expect((await fetch(`${shared.url}/healthz`)).status).toBe(200);
});
