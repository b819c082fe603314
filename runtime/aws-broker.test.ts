import type { TestEndpoint } from '@millrace/local/aws/testing.ts';
import { makeQueue, receiveAll, startTestEndpoint } from '@millrace/local/aws/testing.ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { awsBroker } from './aws-broker.ts';
import type { Broker, OutgoingEvent } from './broker.ts';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import { sqlOf } from './database.ts';
import { readEvent } from './event-envelope.ts';
import { startRelay } from './relay.ts';
import { CounterRaised, commitEvents, openMessagingDatabase, ports, quiet, raised } from './testing/event-fixtures.ts';
import { createTestDatabase } from './testing/postgres.ts';
import { waitFor } from './testing/wait.ts';

const busName = 'dev-millrace';
const queue = 'dev-millrace-testing-CounterRaised';
let aws: TestEndpoint;
let broker: Broker;
let url: string;
let deadUrl: string;

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'any';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'thing';
  aws = await startTestEndpoint();
  await aws.events.createEventBus({ Name: busName });
  const dead = await makeQueue(aws.sqs, `${queue}-dlq`);
  deadUrl = dead.url;
  const own = await makeQueue(aws.sqs, queue, { VisibilityTimeout: '30' });
  url = own.url;
  const EventPattern = JSON.stringify({ source: ['millrace.counting'], 'detail-type': ['CounterRaised'] });
  await aws.events.putRule({ Name: queue, EventBusName: busName, EventPattern });
  await aws.events.putTargets({ Rule: queue, EventBusName: busName, Targets: [{ Id: 'queue', Arn: own.arn }] });
  broker = awsBroker({ region: 'us-east-1', endpoint: aws.url, busName });
});
afterEach(() => control('/reset', { messages: true }));
afterAll(async () => {
  await broker.close();
  await aws.close();
});

async function control(path: string, body: object): Promise<void> {
  const response = await fetch(`${aws.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
}

const inject = (operation: string, action: object, count?: number): Promise<void> =>
  control('/faults', { operation, action, ...(count && { count }) });

function outgoing(note = ''): OutgoingEvent {
  const { id, type, source, occurredAt, traceparent, ...rest } = raised({ note });
  const detail = JSON.stringify({ id, occurredAt, traceparent, ...rest, data: JSON.parse(rest.data) });
  return { id, type, source, detail, occurredAt, traceparent };
}

const many = (count: number, note = ''): OutgoingEvent[] => Array.from({ length: count }, () => outgoing(note));
const never = (): AbortSignal => new AbortController().signal;
const publish = (events: OutgoingEvent[], to = broker) => to.publish(events, never());
const outcomesOf = async (events: OutgoingEvent[], to = broker): Promise<string[]> =>
  (await publish(events, to)).map((outcome) =>
    'code' in outcome ? `${outcome.outcome} ${outcome.code}` : outcome.outcome,
  );
const count = async (of = url): Promise<number> => {
  const { Attributes } = await aws.sqs.getQueueAttributes({ QueueUrl: of, AttributeNames: ['All'] });
  return Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
};

async function receive(max: number, waitSeconds = 2) {
  const all = [];
  for (let turn = 0; turn < 20 && all.length < max; turn += 1) {
    all.push(...(await broker.queue(queue).receive({ max: max - all.length, waitSeconds, signal: never() })));
  }
  return all;
}

test('more events than one call takes are all published and arrive as they were', async () => {
  const events = many(57, 'ünï 🎉');
  expect(new Set(await outcomesOf(events))).toEqual(new Set(['published']));
  const messages = await receive(57);
  const expected = { contracts: [CounterRaised], oldest: new Date(0) };
  const ids = messages.map(({ body }) => {
    const read = readEvent(body, expected);
    return 'event' in read ? read.event.id : read.refusal.reason;
  });
  expect(ids.sort()).toEqual(events.map(({ id }) => id).sort());
  expect(messages.every(({ receiveCount }) => receiveCount === 1)).toBe(true);
  await broker.queue(queue).remove(messages);
  expect(await count()).toBe(0);
});

test('events that are large together go in several calls', async () => {
  expect(new Set(await outcomesOf(many(7, 'x'.repeat(300_000))))).toEqual(new Set(['published']));
  expect(await receive(7)).toHaveLength(7);
});

test.each([
  ['first', 'ThrottlingException', 'later ThrottlingException'],
  ['last', 'InternalFailure', 'failed InternalFailure'],
  ['first', 'NotAuthorizedForDetailTypeException', 'refused NotAuthorizedForDetailTypeException'],
  ['last', 'MalformedDetail', 'refused MalformedDetail'],
])('of entries of which the %s fails with %s only that one is not published', async (entry, code, outcome) => {
  await inject('PutEvents', { kind: 'fail', code, entry }, 1);
  const outcomes = await outcomesOf(many(5));
  expect(outcomes.filter((one) => one === 'published')).toHaveLength(4);
  expect(outcomes.at(entry === 'first' ? 0 : -1)).toBe(outcome);
});

test('a detail that is not JSON is refused alone', async () => {
  const events = many(3);
  const bad = { ...outgoing(), detail: '{"broken' };
  const outcomes = await outcomesOf([...events.slice(0, 2), bad, ...events.slice(2)]);
  expect(outcomes.map((one) => one.split(' ')[0])).toEqual(['published', 'published', 'refused', 'published']);
});

test('nothing is sent to a bus that does not exist, where it would be lost, until it does', async () => {
  const lost = awsBroker({ region: 'us-east-1', endpoint: aws.url, busName: 'not-yet' });
  expect(await outcomesOf(many(2), lost)).toEqual(['later UnknownBus', 'later UnknownBus']);
  await aws.events.createEventBus({ Name: 'not-yet' });
  expect(await outcomesOf(many(2), lost)).toEqual(['published', 'published']);
  await lost.close();
});

test.each([
  ['ServiceUnavailable', 503],
  ['ThrottlingException', 400],
  ['InternalFailure', 500],
  ['AccessDeniedException', 400],
  ['ExpiredTokenException', 400],
])('a call that fails with %s is tried later', async (code, status) => {
  await inject('PutEvents', { kind: 'fail', code, status }, 1);
  expect(await outcomesOf(many(2))).toEqual([`later ${code}`, `later ${code}`]);
});

test('an endpoint that is away, and one that is slow, are tried later', async () => {
  const away = awsBroker({ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', busName });
  expect((await outcomesOf(many(2), away)).map((one) => one.split(' ')[0])).toEqual(['later', 'later']);
  await expect(away.queue(queue).receive({ max: 10, waitSeconds: 1, signal: never() })).rejects.toThrow();
  await away.close();
  await inject('PutEvents', { kind: 'delay', ms: 30_000 }, 1);
  const outcomes = await broker.publish(many(2), AbortSignal.timeout(200));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['later', 'later']);
});

test('a long poll ends at once when it is aborted', async () => {
  const stop = new AbortController();
  const began = performance.now();
  const waiting = broker.queue(queue).receive({ max: 10, waitSeconds: 20, signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  expect(await waiting).toEqual([]);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test('a postponed message comes again with its count, and a buried one has its reason', async () => {
  await publish(many(1));
  const target = broker.queue(queue);
  const first = await receive(1);
  await target.postpone(first, 0);
  const [again] = await receive(1);
  expect(again).toMatchObject({ id: first[0]?.id, receiveCount: 2 });
  if (again) await target.deadLetter(again, 'bad-event /detail/data/ü');
  const [dead] = await receiveAll(aws.sqs, deadUrl, 1);
  expect(dead?.MessageAttributes?.reason?.StringValue).toBe('bad-event /detail/data/?');
  expect(dead?.Body).toBe(again?.body);
  expect(await count()).toBe(0);
});

test('from outbox to effect over the wire: duplicated, shuffled, throttled, failing, and each applied once', async () => {
  const home = await createTestDatabase();
  const database = await openMessagingDatabase(home.url);
  await inject('PutEvents', { kind: 'fail', code: 'InternalFailure', entry: 'any' }, 5);
  await inject('PutEvents', { kind: 'fail', code: 'ThrottlingException', status: 400 }, 3);
  await inject('PutEvents', { kind: 'duplicate', copies: 3 });
  await inject('ReceiveMessage', { kind: 'shuffle', window: 100 });
  await inject('ReceiveMessage', { kind: 'fail' }, 2);
  await inject('DeleteMessageBatch', { kind: 'drop-ack' }, 2);
  const tools = { database, ...quiet(), ...ports };
  const relay = startRelay({ ...tools, broker });
  const consumer = startConsumer({
    ...tools,
    name: 'testing',
    queue: broker.queue(queue),
    contracts: [CounterRaised],
    deadlineMs: 5_000,
    batchSize: 50,
    handle: async (tx, events) => {
      for (const { id } of events) await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, 'a', 1)`;
      return applied;
    },
  });
  const events = Array.from({ length: 300 }, () => raised());
  await commitEvents(database, events);
  await waitFor(async () => (await database.sql`select 1 from effect`).length >= 300, 60_000);
  await waitFor(async () => (await count()) === 0, 60_000);
  const ids = await database.sql<{ id: string }[]>`select event_id as id from effect`;
  expect(ids.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
  await Promise.all([relay.close(), consumer.close()]);
  await database.close();
  await home.drop();
}, 180_000);
