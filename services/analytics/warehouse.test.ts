import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signPost } from '@millrace/runtime/aws-signature.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Warehouse } from './warehouse.ts';
import { migrateWarehouse, openWarehouse, warehouseOf } from './warehouse.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
const workgroup = 'dev-millrace';

// A name of this file alone: users belong to the whole server.
const user = `IAMR:dev-millrace-analytics-${process.pid}`;

interface Asked {
  headers: Record<string, string>;
  body: string;
}
type Answer = { status: number; body: object };

/** Plays Redshift's API. What it hands out becomes the user's password in a real PostgreSQL. */
const aws = { url: '', asked: [] as Asked[], answer: async (): Promise<Answer> => ({ status: 200, body: {} }) };
const http = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = request.headers as Record<string, string>;
  aws.asked.push({ headers, body: Buffer.concat(chunks).toString('utf8') });
  const { status, body } = await aws.answer();
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
});

let kept: TestDatabase;
let admin: Database;
const open: Database[] = [];

beforeAll(async () => {
  kept = await createTestDatabase();
  admin = openDatabase({ url: kept.url, applicationName: 'test', poolSize: 1 });
  await admin.sql.unsafe(`create role "${user}" login`);
  await admin.sql.unsafe(`grant create on schema public to "${user}"`);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  aws.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', credentials.sessionToken);
  aws.asked = [];
  aws.answer = handOut;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  http.close();
  http.closeAllConnections();
  await admin.sql.unsafe(`drop owned by "${user}"`);
  await admin.sql.unsafe(`drop role "${user}"`);
  await admin.close();
  await kept.drop();
});

async function handOut(): Promise<Answer> {
  const dbPassword = `password-${aws.asked.length}`;
  await setPassword(dbPassword);
  return { status: 200, body: { dbUser: user, dbPassword, expiration: Date.now() / 1000 + 900 } };
}

async function setPassword(password: string): Promise<void> {
  await admin.sql.unsafe(`alter role "${user}" password '${password}'`);
}

function addressFor(name: string): string {
  const url = new URL(kept.url);
  url.protocol = 'redshift:';
  return `redshift://${encodeURIComponent(name)}@${url.host}${url.pathname}`;
}

const target = (url = addressFor(user)): Warehouse =>
  warehouseOf({ WAREHOUSE_URL: url, WAREHOUSE_WORKGROUP: workgroup, AWS_REGION: region, AWS_ENDPOINT_URL: aws.url });

function opened(warehouse = target()): Database {
  const database = openWarehouse(warehouse, 'query');
  open.push(database);
  return database;
}

const whoIs = async ({ sql }: Database): Promise<unknown> => {
  const [row] = await sql`select current_user as name`;
  return row?.['name'];
};

/** Loses the connections of the warehouse, as a restart of the workgroup does. */
const cut = (): Promise<unknown> =>
  admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${user}`;

test('a connection is made as the user of the role, with a password that a signed request asked for', async () => {
  expect(await whoIs(opened())).toBe(user);
  const [asked, ...more] = aws.asked;
  expect(more).toEqual([]);
  const database = new URL(kept.url).pathname.slice(1);
  expect(JSON.parse(asked?.body ?? '')).toEqual({ workgroupName: workgroup, dbName: database, durationSeconds: 900 });
  const type = 'application/x-amz-json-1.1';
  expect(asked?.headers).toMatchObject({ 'content-type': type, 'x-amz-target': 'RedshiftServerless.GetCredentials' });
  const signedAt = asked?.headers['x-amz-date'] ?? '';
  const at = new Date(signedAt.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
  const expected = signPost(
    {
      host: new URL(aws.url).host,
      body: asked?.body ?? '',
      headers: { 'content-type': type, 'x-amz-target': 'RedshiftServerless.GetCredentials' },
      region,
      service: 'redshift-serverless',
    },
    credentials,
    at,
  );
  expect(asked?.headers).toMatchObject(expected);
});

test('the tables belong to the user, because the migrations run as it', async () => {
  await migrateWarehouse(target());
  const owners = await admin.sql`select distinct tableowner from pg_tables where schemaname = 'public'`;
  expect(owners).toEqual([{ tableowner: user }]);
  expect(await opened().sql`select count(*)::int as n from quarter_of_day`).toEqual([{ n: 96 }]);
});

test('a lost connection is replaced with a password that was asked for anew', async () => {
  const database = opened();
  await whoIs(database);
  // The shared one is too old by the time that it is no longer good.
  await setPassword('expired');
  await cut();
  await waitFor(() => whoIs(database));
  expect(aws.asked.length).toBeGreaterThan(1);
});

test('a refused password is said, and given up for a fresh one', async () => {
  const database = opened();
  aws.answer = async () => ({ status: 200, body: { dbUser: user, dbPassword: 'never' } });
  await expect(whoIs(database)).rejects.toThrow('password authentication failed');
  aws.answer = handOut;
  expect(await waitFor(() => whoIs(database))).toBe(user);
});

test('connections that open together share a password', async () => {
  const database = opened();
  await Promise.all([1, 2, 3, 4].map(() => database.sql`select pg_sleep(0.05)`));
  expect(aws.asked).toHaveLength(1);
});

test('what AWS refuses is said, and asked for again at the next query', async () => {
  const database = opened();
  aws.answer = async () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } });
  await expect(whoIs(database)).rejects.toThrow('AccessDeniedException: not authorized');
  expect(aws.asked).toHaveLength(1);
  aws.answer = handOut;
  expect(await whoIs(database)).toBe(user);
});

test('an address with another user than that of the role is said', async () => {
  const database = opened(target(addressFor('analytics')));
  await expect(whoIs(database)).rejects.toThrow(
    `Redshift knows this role as ${user}, and WAREHOUSE_URL says analytics.`,
  );
});

test('without a workgroup the address says it all', async () => {
  const warehouse = warehouseOf({ WAREHOUSE_URL: kept.url, AWS_REGION: region });
  expect(warehouse).toEqual({ url: kept.url });
  expect(await whoIs(opened(warehouse))).not.toBe(user);
  expect(aws.asked).toEqual([]);
});
