import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import type { Database } from './database.ts';
import { sqlOf } from './database.ts';
import { createLog } from './log.ts';
import { currentTrace } from './telemetry.ts';
import { databaseBroker, readDead } from './testing/database-broker.ts';
import {
  bindings,
  bodyOf,
  CounterRaised,
  openMessagingDatabase,
  ports,
  queueName,
  quiet,
  raised,
} from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let lines: Record<string, unknown>[];
let handled: { id: string; trace: string | undefined }[];
let consumer: { close(): Promise<void> };

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
});
beforeEach(async () => {
  await database.sql`truncate inbox, effect, test_message, test_dead_message`;
  lines = [];
  handled = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  consumer = startConsumer({
    ...ports,
    metrics: quiet().metrics,
    log: createLog({ name: 'test', level: 'info' }, destination),
    name: 'testing',
    queue: databaseBroker({ database, bindings }).queue(queueName),
    contracts: [CounterRaised],
    database,
    deadlineMs: 5_000,
    batchSize: 50,
    handle: async (tx, events) => {
      for (const { id } of events) {
        handled.push({ id, trace: currentTrace()?.traceId });
        await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, 'a', 1)`;
      }
      return applied;
    },
  });
});
afterEach(() => consumer.close());
afterAll(async () => {
  await database.close();
  await home.drop();
});

/** Sends the messages at once with a good one among them, and gives the reasons of those that were buried. */
async function buriedOf(bodies: readonly string[]): Promise<string[]> {
  const good = raised();
  await database.sql`
    insert into test_message (queue, body) select ${queueName}, unnest(${[...bodies, bodyOf(good)]}::text[])`;
  await waitFor(async () => (await database.sql`select 1 from test_message limit 1`).length === 0);
  expect(await database.sql`select event_id as id from effect where event_id = ${good.id}`).toHaveLength(1);
  handled = handled.filter(({ id }) => id !== good.id);
  return (await readDead(database.sql, queueName)).map(({ reason }) => reason).sort();
}

type Changes = Record<string, unknown>;
const withDetail = (changes: Changes, around: Changes = {}): string => {
  const body = JSON.parse(bodyOf(raised()));
  return JSON.stringify({ ...body, ...around, detail: { ...body.detail, ...changes } });
};

test('B56 what is not JSON or has not the envelope of the bus is buried as bad-envelope, without a call of the handler', async () => {
  const bare = JSON.stringify(JSON.parse(bodyOf(raised())).detail);
  const bodies = ['', 'null', '7', '[]', '{"detail-type":', bare, withDetail({}).replace('"detail":', '"detial":')];
  expect(await buriedOf(bodies)).toEqual(bodies.map(() => 'bad-envelope'));
  expect(handled).toEqual([]);
});

const wrongFields: [string, Changes][] = [
  ['id', { id: undefined }],
  ['id', { id: 7 }],
  ['version', { version: undefined }],
  ['version', { version: '1' }],
  ['aggregateId', { aggregateId: undefined }],
  ['aggregateId', { aggregateId: {} }],
  ['occurredAt', { occurredAt: undefined }],
  ['occurredAt', { occurredAt: 1_700_000_000 }],
];

test('B57 a member that is missing, ill-typed or stands twice is named by its pointer', async () => {
  const twice = ['id', 'version', 'aggregateId', 'occurredAt'].map((key) =>
    withDetail({}).replace('"detail":{', `"detail":{"${key}":null,`),
  );
  const typeless = [
    withDetail({}, { 'detail-type': undefined }),
    withDetail({}, { 'detail-type': 7 }),
    withDetail({}).replace('"detail-type":', '"detail-type":"Other","detail-type":'),
  ];
  const reasons = await buriedOf([...wrongFields.map(([, changes]) => withDetail(changes)), ...twice, ...typeless]);
  const pointers = [...wrongFields.map(([key]) => key), 'id', 'version', 'aggregateId', 'occurredAt'];
  const expected = pointers.map((key) => `bad-event /detail/${key}`);
  expect(reasons).toEqual([...expected, 'bad-envelope', 'bad-envelope', 'bad-event /detail-type'].sort());
  expect(handled).toEqual([]);
});

test('B58 an event from a source that may not say it is buried as source-mismatch and logged for security', async () => {
  expect(await buriedOf([withDetail({}, { source: 'millrace.payment' })])).toEqual([
    'source-mismatch millrace.payment',
  ]);
  expect(handled).toEqual([]);
  const alarms = lines.filter(({ security }) => security === true);
  expect(alarms).toMatchObject([{ consumer: 'testing', reason: 'source-mismatch millrace.payment', level: 'error' }]);
});

test('B59 F21 members that a newer minor version has are ignored; another major version and another type are parked whole', async () => {
  const minor = raised();
  const { detail, ...around } = JSON.parse(bodyOf(minor));
  const newer = { ...around, mood: 1, detail: { ...detail, mood: 1, data: { ...detail.data, mood: 1 } } };
  const major = withDetail({ version: 2, data: { counters: ['a'] } });
  const other = withDetail({}, { 'detail-type': 'CounterStolen' });
  const reasons = await buriedOf([JSON.stringify(newer), major, other]);
  expect(reasons).toEqual(['unknown-version CounterRaised@2', 'unknown-version CounterStolen']);
  expect(handled.map(({ id }) => id)).toEqual([minor.id]);
  expect(await database.sql`select 1 from effect`).toHaveLength(2);
  expect((await readDead(database.sql, queueName)).map(({ body }) => body).sort()).toEqual([major, other].sort());
  // Nothing is kept of them: the version that knows them can apply them when they are redriven.
  expect(await database.sql`select 1 from inbox`).toHaveLength(2);
});

test.each(['rubbish', '00-00000000000000000000000000000000-0000000000000000-01', 'a'.repeat(4_096), 7])(
  'B62 a trace header of %j is ignored: the handler has a new trace',
  async (traceparent) => {
    const event = raised();
    const body = JSON.parse(bodyOf(event));
    const message = JSON.stringify({ ...body, detail: { ...body.detail, traceparent } });
    await database.sql`insert into test_message (queue, body) values (${queueName}, ${message})`;
    await waitFor(() => handled.length === 1);
    expect(handled).toEqual([{ id: event.id, trace: expect.stringMatching(/^(?!0{32})[0-9a-f]{32}$/) }]);
    expect(String(traceparent)).not.toContain(handled[0]?.trace);
  },
);

test('B62 a good trace header is continued', async () => {
  const event = raised();
  await database.sql`insert into test_message (queue, body) values (${queueName}, ${bodyOf(event)})`;
  await waitFor(() => handled.length === 1);
  expect(event.traceparent).toContain(handled[0]?.trace);
});
