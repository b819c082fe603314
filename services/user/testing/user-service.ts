import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { queueName } from '@millrace/catalog/names.ts';
import { user } from '@millrace/catalog/services.ts';
import { startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { TestBucket } from '@millrace/runtime/testing/bucket.ts';
import { openTestBucket } from '@millrace/runtime/testing/bucket.ts';
import { as } from '@millrace/runtime/testing/callers.ts';
import { databaseBroker } from '@millrace/runtime/testing/database-broker.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import type { UploadForm } from '@millrace/runtime/uploads.ts';
import type { UserConfig } from '../config.ts';
import { userReactions } from '../events.ts';
import { userRoutes } from '../routes.ts';

/** A message for the queue of one subscription. */
export interface TestMessage {
  to: string;
  body: string;
}

/** This service over a real database and a real bucket. */
export interface UserService extends TestService<UserConfig> {
  bucket: TestBucket;
  /** A request of somebody, with a JSON body where there is one. */
  ask(sub: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Gives many messages at once, in this order, and waits until each is settled. */
  deliverAll(messages: readonly TestMessage[], deadlineMs?: number): Promise<void>;
  /** Tells of an object as S3 does. */
  tellUpload(key: string, bucket?: string): Promise<void>;
  /** The objects that wait to be taken away. */
  unwanted(): Promise<string[]>;
}

const me = '/api/users/me';

/** Opens the service; its events are consumed by two workers at once. */
export async function openUserService(clock?: UserConfigClock): Promise<UserService> {
  const bucket = await openTestBucket({ service: 'user', purpose: 'avatar' });
  const { uploads } = bucket;
  const test = await openTestService<UserConfig>({
    service: user,
    migrations: join(import.meta.dirname, '../migrations'),
    config: {
      ISSUER_URL: 'http://127.0.0.1:9',
      JWKS_URL: 'http://127.0.0.1:9/jwks',
      CLIENT_IDS: ['page'],
      SIGNING_KEY: 'a key of more than thirty-two characters',
      UPLOADS_BUCKET: bucket.bucket,
    },
    routes: (own) => userRoutes({ ...own, uploads }),
    reactions: (own) => userReactions({ ...own, uploads }),
    ...(clock && { clock }),
  });
  const { own, app, sql } = test;
  const broker = databaseBroker({ database: own.database, bindings: {} });
  const second = startSubscriptions(own, broker, userReactions({ ...own, uploads }));
  const deliverAll = async (messages: readonly TestMessage[], deadlineMs = 30_000): Promise<void> => {
    const queues = messages.map(({ to }) => queueName('dev', 'user', to));
    await sql`
      insert into test_message (queue, body)
      select queue, body from unnest(${queues}::text[], ${messages.map(({ body }) => body)}::text[])
        with ordinality as given (queue, body, place) order by place`;
    await waitFor(async () => (await sql`select 1 from test_message limit 1`).length === 0, deadlineMs);
  };
  return {
    ...test,
    bucket,
    ask: async (sub, method, path, body, headers = {}) =>
      app.request(path, {
        method,
        headers: { ...as(sub), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    deliverAll,
    tellUpload: async (key, name = bucket.bucket) =>
      deliverAll([{ to: 'ObjectCreated', body: objectCreated(name, key) }]),
    unwanted: async () => {
      const rows = await sql<{ key: string }[]>`select key from unwanted_object order by key`;
      return rows.map(({ key }) => key);
    },
    close: async () => {
      await second.close();
      await test.close();
      await bucket.close();
    },
  };
}

type UserConfigClock = UserService['own']['clock'];

/** What S3 says of a new object. */
export function objectCreated(bucket: string, key: string, id: string = randomUUID()): string {
  return JSON.stringify({
    version: '0',
    id,
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: 'us-east-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size: 5, etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '00617F08299329D189' },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PostObject',
    },
  });
}

/** Registers somebody new. @returns their id */
export async function register(test: UserService, person: Record<string, string> = {}): Promise<string> {
  const id = randomUUID();
  const response = await test.ask(id, 'PUT', me, { email: 'ada@example.com', name: 'Ada', ...person });
  if (response.status !== 201) throw new Error(`not registered: ${response.status} ${await response.text()}`);
  return id;
}

/** Asks for a form for a picture. */
export async function offer(test: UserService, id: string, contentType = 'image/png') {
  const response = await test.ask(id, 'POST', `${me}/avatar`, { contentType, sizeBytes: 100 });
  if (response.status !== 201) throw new Error(`no form: ${response.status} ${await response.text()}`);
  const form = (await response.json()) as Pick<UploadForm, 'url' | 'fields' | 'maxBytes'> & { expiresAt: string };
  return { ...form, key: form.fields['key'] ?? '' };
}

/** The caller's profile as it is shown. */
export async function profileOf(test: UserService, id: string) {
  const response = await test.ask(id, 'GET', me);
  return (await response.json()) as {
    avatarUrl: string | null;
    avatar: { state: string; reason?: string };
    version: number;
  };
}
