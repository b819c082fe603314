import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { environments } from '@millrace/catalog/environments.ts';
import { bucketName } from '@millrace/catalog/names.ts';
import { user } from '@millrace/catalog/services.ts';
import { provisionEvents } from '@millrace/local/aws/provision.ts';
import { provisionBuckets } from '@millrace/local/aws/provision-buckets.ts';
import type { TestEndpoint } from '@millrace/local/aws/testing.ts';
import { startTestEndpoint } from '@millrace/local/aws/testing.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { testCredentials } from '@millrace/runtime/testing/bucket.ts';
import { as } from '@millrace/runtime/testing/callers.ts';
import { png, svg } from '@millrace/runtime/testing/images.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { openUploads } from '@millrace/runtime/uploads.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserConfig } from './config.ts';
import { userRoutes } from './routes.ts';
import { newOrder, orderMessage } from './testing/order-events.ts';

const me = '/api/users/me';
const deadlineMs = 60_000;
const bucket = bucketName('dev', environments.dev.account, 'uploads');
let aws: TestEndpoint;
let service: TestService<UserConfig>;
let stop: () => void;

// The whole way, with nothing of ours left out but the gateway: a form, S3, its event, SQS, and a worker's process.
beforeAll(async () => {
  aws = await startTestEndpoint();
  await provisionBuckets({ endpoint: aws.url, environment: 'dev', origin: 'http://localhost:8080' });
  await provisionEvents({ endpoint: aws.url, environment: 'dev' });
  const place = { bucket, region: 'us-east-1', endpoint: aws.url };
  const ports = { clock: systemClock, random: systemRandom, credentials: async () => testCredentials };
  const uploads = openUploads({ ...place, ...ports, service: 'user', purpose: 'avatar' });
  service = await openTestService<UserConfig>({
    service: user,
    migrations: join(import.meta.dirname, 'migrations'),
    config: {
      ISSUER_URL: 'http://127.0.0.1:9',
      JWKS_URL: 'http://127.0.0.1:9/jwks',
      CLIENT_IDS: ['page'],
      SIGNING_KEY: 'a key of more than thirty-two characters',
      UPLOADS_BUCKET: bucket,
    },
    routes: (own) => userRoutes({ ...own, uploads }),
  });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env['PATH'],
      MILLRACE_WORKLOAD: 'worker',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: service.own.config.DATABASE_URL,
      EVENT_BUS_NAME: 'dev-millrace',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ISSUER_URL: 'http://127.0.0.1:9',
      JWKS_URL: 'http://127.0.0.1:9/jwks',
      CLIENT_IDS: 'page',
      SIGNING_KEY: service.own.config.SIGNING_KEY,
      UPLOADS_BUCKET: bucket,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  stop = () => child.kill('SIGKILL');
});
afterAll(async () => {
  stop?.();
  await service?.close();
  await aws?.close();
});

async function ask(id: string, method: string, path: string, body?: unknown) {
  const headers = { ...as(id), 'content-type': 'application/json' };
  const response = await service.app.request(path, {
    method,
    headers: body === undefined ? as(id) : headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function upload(id: string, content: Uint8Array): Promise<void> {
  const { url, fields } = await ask(id, 'POST', `${me}/avatar`, { contentType: 'image/png', sizeBytes: 100 });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields as Record<string, string>)) form.append(name, value);
  form.append('file', new Blob([content as Uint8Array<ArrayBuffer>]), '../../x.png');
  expect((await fetch(String(url), { method: 'POST', body: form })).status).toBe(204);
}

test('a worker makes an uploaded picture the avatar, publishes who registered, and counts points', async () => {
  const id = randomUUID();
  await ask(id, 'PUT', me, { email: 'ada@example.com', name: 'Ada' });
  await upload(id, png(3, 2));
  await waitFor(async () => ((await ask(id, 'GET', me))['avatar'] as { state: string }).state === 'ready', deadlineMs);
  const first = String((await ask(id, 'GET', me))['avatarUrl']);
  expect((await fetch(first)).status).toBe(200);

  await upload(id, svg);
  await waitFor(
    async () => ((await ask(id, 'GET', me))['avatar'] as { state: string }).state === 'refused',
    deadlineMs,
  );
  expect((await ask(id, 'GET', me))['avatar']).toEqual({ state: 'refused', reason: 'wrong-type' });

  const order = newOrder(id, 9_900);
  const {
    detail,
    'detail-type': type,
    source,
  } = JSON.parse(orderMessage('OrderConfirmed', order).body) as Record<string, unknown>;
  const entry = {
    Source: String(source),
    DetailType: String(type),
    Detail: JSON.stringify(detail),
    EventBusName: 'dev-millrace',
  };
  expect(await aws.events.putEvents({ Entries: [entry] })).toMatchObject({ FailedEntryCount: 0 });
  await waitFor(async () => (await ask(id, 'GET', `${me}/loyalty`))['points'] === 99, deadlineMs);

  // The relay has taken UserRegistered away, and the removal what the form of the drawing left.
  await waitFor(async () => (await service.committed()).length === 0, deadlineMs);
  await waitFor(async () => (await service.sql`select 1 from unwanted_object`).length === 0, deadlineMs);
  const notice = await aws.sqs.getQueueUrl({ QueueName: 'dev-millrace-notification-UserRegistered' });
  const { Messages = [] } = await aws.sqs.receiveMessage({ QueueUrl: notice.QueueUrl, WaitTimeSeconds: 20 });
  expect(JSON.parse(Messages[0]?.Body ?? '{}')).toMatchObject({ source: 'millrace.user', detail: { aggregateId: id } });
}, 240_000);
