import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAwsEndpoint } from '../endpoint.ts';
import { clientsOf, makeQueue, receiveAll } from '../testing.ts';
import { s3ClientOf } from './testing.ts';

const script = fileURLToPath(new URL('../main.ts', import.meta.url));
let dataDir: string;
const children = new Set<ChildProcess>();
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'millrace-s3-'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

const Bucket = 'kept';
const contentOf = (key: string): Buffer => Buffer.alloc(20_000 + key.length, key);

async function run(): Promise<{ child: ChildProcess; url: string }> {
  const env = { ...process.env, PORT: '0', MILLRACE_AWS_CONTROL_PORT: '0', MILLRACE_AWS_DATA_DIR: dataDir };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  children.add(child);
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return { child, url };
}

/** Uploads until the process is gone; returns the keys whose upload was answered. */
async function uploadUntilKilled(s3: S3, sender: string, kill: (count: number) => void): Promise<string[]> {
  const answered: string[] = [];
  for (let number = 0; number < 10_000; number += 1) {
    const Key = `${sender}-${number}`;
    const isAnswered = await s3.putObject({ Bucket, Key, Body: contentOf(Key) }).then(
      () => true,
      () => false,
    );
    if (!isAnswered) return answered;
    answered.push(Key);
    kill(answered.length);
  }
  return answered;
}

test('kill -9 amid uploads: what was answered is there whole with its event, and nothing else is left', async () => {
  const first = await run();
  const [s3, { events, sqs }] = [s3ClientOf(first.url), clientsOf(first.url)];
  await s3.createBucket({ Bucket });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } });
  const queue = await makeQueue(sqs, 'told');
  await events.putRule({ Name: 'told', EventPattern: '{"source":["aws.s3"]}' });
  await events.putTargets({ Rule: 'told', Targets: [{ Id: '1', Arn: queue.arn }] });
  const exit = once(first.child, 'exit');
  const kill = (count: number) => count === 15 && first.child.kill('SIGKILL');
  const senders = ['a', 'b', 'c', 'd'].map((sender) => uploadUntilKilled(s3, sender, kill));
  const answered = (await Promise.all(senders)).flat();
  await exit;
  expect(answered.length).toBeGreaterThan(14);
  writeFileSync(join(dataDir, 's3', 'half-of-an-upload'), 'x');

  const second = await run();
  const again = s3ClientOf(second.url);
  for (const Key of answered) {
    const { Body, ETag } = await again.getObject({ Bucket, Key });
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect([bytes.equals(contentOf(Key)), ETag]).toEqual([true, `"${createHash('md5').update(bytes).digest('hex')}"`]);
  }
  const { KeyCount = 0, Contents = [] } = await again.listObjectsV2({ Bucket });
  expect(readdirSync(join(dataDir, 's3'))).toHaveLength(KeyCount);
  const client = clientsOf(second.url).sqs;
  const { QueueUrl = '' } = await client.getQueueUrl({ QueueName: 'told' });
  const told = (await receiveAll(client, QueueUrl, KeyCount)).map(({ Body }) => {
    return (JSON.parse(Body ?? '') as { detail: { object: { key: string } } }).detail.object.key;
  });
  expect(told.toSorted()).toEqual(Contents.map(({ Key }) => Key).toSorted());
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
}, 180_000);

test('a state file from before there were buckets gets them and keeps what it has', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-s3-'));
  const options = { host: '127.0.0.1', port: 0, controlPort: 0, dataDir: folder };
  const before = await startAwsEndpoint(options);
  await makeQueue(clientsOf(before.url).sqs, 'old');
  await before.close();
  const database = new DatabaseSync(join(folder, 'aws.sqlite'));
  database.exec('drop table bucket; drop table object; pragma user_version = 1');
  database.close();
  const after = await startAwsEndpoint(options);
  await s3ClientOf(after.url).createBucket({ Bucket });
  expect((await clientsOf(after.url).sqs.listQueues({})).QueueUrls).toHaveLength(1);
  await after.close();
  rmSync(folder, { recursive: true, force: true });
});
