import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Queue } from './broker.ts';
import type { ConsumerOptions } from './consumer.ts';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import type { Database, Transaction } from './database.ts';
import { sqlOf } from './database.ts';
import type { EventEnvelope } from './event-envelope.ts';
import type { NewEvent } from './outbox.ts';
import type { Redriven } from './redrive.ts';
import { redrive } from './redrive.ts';
import {
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
import type { TestBus } from './testing/test-bus.ts';
import { startTestBus } from './testing/test-bus.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let bus: TestBus;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  bus = await startTestBus();
});
beforeEach(async () => {
  await database.sql`truncate inbox, effect`;
  await lendDeadFor(60);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await bus.reset();
});
afterAll(async () => {
  await bus.close();
  await database.close();
  await home.drop();
});

type Raised = EventEnvelope<typeof CounterRaised>;

async function note(tx: Transaction, events: readonly Raised[]): Promise<typeof applied> {
  for (const { id } of events) await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, 'a', 1)`;
  return applied;
}

/** A consumer over SQS that shows a postponed message again at once. */
function consume(options: Partial<ConsumerOptions<typeof CounterRaised>> = {}): void {
  const inner = bus.broker.queue(queueName);
  const queue: Queue = { ...inner, postpone: (messages) => inner.postpone(messages, 0) };
  const standard = { name: 'testing', queue, contracts: [CounterRaised], database, deadlineMs: 5_000, batchSize: 10 };
  open.push(startConsumer({ ...standard, handle: note, ...quiet(), ...ports, ...options }));
}

/** A handler that throws while any of its events is in the set, and counts how often it was called with each. */
function poisonedBy(poison: ReadonlySet<string>, calls = new Map<string, number>()) {
  return async (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    for (const { id } of events) calls.set(id, (calls.get(id) ?? 0) + 1);
    await note(tx, events);
    if (events.some(({ id }) => poison.has(id))) throw new Error('never this one');
    return applied;
  };
}

const many = (count: number): NewEvent[] => Array.from({ length: count }, () => raised());
const idsOf = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id).sort();
const effects = async (): Promise<string[]> =>
  (await database.sql<{ id: string }[]>`select event_id as id from effect`).map(({ id }) => id).sort();
const isDrained = async (): Promise<boolean> => (await bus.count()) === 0;
const isDead = (count: number) => async (): Promise<boolean> => (await bus.count(bus.deadUrl)) === count;
/** For what a busy machine may take to fail and to bury many messages one after the other. */
const patienceMs = 120_000;
/** Dead letters that somebody received and left are seen again after so long. */
const lendDeadFor = (seconds: number) =>
  bus.aws.sqs.setQueueAttributes({ QueueUrl: bus.deadUrl, Attributes: { VisibilityTimeout: String(seconds) } });
const redriven = (isInsisting = false): Promise<Redriven> =>
  redrive({ region: 'us-east-1', endpoint: bus.aws.url, queue: queueName, isInsisting });

test('F18 poison is in the dead-letter queue after five receives; its batch-mates are applied once and not run again with it', async () => {
  const events = many(30);
  const poison = events[3]?.id ?? '';
  const calls = new Map<string, number>();
  const broken = '{"detail-type": broken';
  const misshapen = bodyOf(raised()).replace('"by":1', '"by":"1"');
  await bus.send(...events.map(bodyOf), broken, misshapen);
  consume({ handle: poisonedBy(new Set([poison]), calls) });
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual(idsOf(events.filter(({ id }) => id !== poison)));
  const reasons = (await bus.dead(3)).map(({ reason }) => reason);
  expect(reasons.sort()).toEqual(['bad-envelope', 'bad-event /detail/data/by', 'handler-failed never this one']);
  // Five receives: once with its mates, which was rolled back, and five times alone.
  expect(calls.get(poison)).toBe(6);
  // A mate runs once more, alone, when the transaction that they shared was rolled back, and then never again.
  expect(Math.max(...events.filter(({ id }) => id !== poison).map(({ id }) => calls.get(id) ?? 0))).toBe(2);
}, 300_000);

test('F19 dead letters that are redriven when the handler is mended are applied once, also when AWS moves them again', async () => {
  const events = many(25);
  const poison = new Set(idsOf(events));
  consume({ handle: poisonedBy(poison), maxReceives: 2 });
  await bus.send(...events.map(bodyOf));
  await waitFor(isDead(25), patienceMs);
  expect(await effects()).toEqual([]);
  poison.clear();
  expect(await redriven()).toEqual({ moved: 25 });
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual(idsOf(events));
  // The same letters once more, by the move task of SQS. It needs the destination: only letters that SQS itself buried know theirs.
  for (const event of events) await bus.aws.sqs.sendMessage({ QueueUrl: bus.deadUrl, MessageBody: bodyOf(event) });
  await bus.aws.sqs.startMessageMoveTask({ SourceArn: bus.deadArn, DestinationArn: bus.arn });
  await waitFor(isDead(0), patienceMs);
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual(idsOf(events));
}, 300_000);

test('F19 a redrive under load applies every dead letter and every other event once', async () => {
  const [buried, others] = [many(40), many(200)];
  const poison = new Set(idsOf(buried));
  const handle = poisonedBy(poison);
  consume({ handle, maxReceives: 2 });
  consume({ handle, maxReceives: 2 });
  await bus.send(...buried.map(bodyOf));
  await waitFor(isDead(40), patienceMs);
  poison.clear();
  const load = bus.send(...others.map(bodyOf));
  expect(await redriven()).toEqual({ moved: 40 });
  expect(await redriven()).toEqual({ moved: 0 });
  await load;
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual(idsOf([...buried, ...others]));
  expect(await bus.count(bus.deadUrl)).toBe(0);
}, 300_000);

test('F19 a redrive stops at a message that fails a second time, and takes it only when it is told to', async () => {
  await lendDeadFor(1);
  const event = raised();
  const poison = new Set([event.id]);
  consume({ handle: poisonedBy(poison), maxReceives: 2 });
  await bus.send(bodyOf(event));
  await waitFor(isDead(1));
  // Only the clock knows whether the run still sees the letter that comes back; the letter stays in any case.
  expect((await redriven()).moved).toBe(1);
  await waitFor(async () => (await isDrained()) && (await isDead(1)()));
  const letter = { body: bodyOf(event), reason: 'handler-failed never this one' };
  const stopped = await waitFor(async () => (await redriven()).stoppedAt);
  expect(stopped).toEqual({ ...letter, redrives: 1 });
  expect(await bus.count(bus.deadUrl)).toBe(1);
  // Told to, a run moves it once and not for ever.
  expect(await waitFor(async () => (await redriven(true)).moved)).toBe(1);
  await waitFor(async () => (await isDrained()) && (await isDead(1)()));
  expect(await waitFor(async () => (await redriven()).stoppedAt)).toEqual({ ...letter, redrives: 2 });
  // Also one that SQS itself buries, as when the whole process dies of it.
  await bus.reset();
  const MessageAttributes = { redrives: { DataType: 'Number', StringValue: '1' } };
  await bus.aws.sqs.sendMessage({ QueueUrl: bus.deadUrl, MessageBody: 'deadly', MessageAttributes });
  expect(await redriven()).toEqual({ moved: 0, stoppedAt: { body: 'deadly', reason: 'unknown', redrives: 1 } });
  poison.clear();
  await bus.reset();
  await bus.aws.sqs.sendMessage({ QueueUrl: bus.deadUrl, MessageBody: bodyOf(event), MessageAttributes });
  expect(await waitFor(async () => (await redriven(true)).moved)).toBe(1);
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual([event.id]);
}, 300_000);

test('F19 the command moves, says how many, and ends with 1 when it had to stop', async () => {
  await lendDeadFor(1);
  const event = raised();
  const poison = new Set([event.id]);
  consume({ handle: poisonedBy(poison), maxReceives: 1 });
  await bus.send(bodyOf(event));
  await waitFor(isDead(1));
  expect(await command(queueName)).toMatchObject({ code: expect.any(Number), stdout: '1 moved\n' });
  await waitFor(async () => (await isDrained()) && (await isDead(1)()));
  const stopped = await waitFor(async () => {
    const outcome = await command(queueName);
    return outcome.code === 1 ? outcome : undefined;
  });
  expect(stopped?.stderr).toContain('failed again (handler-failed never this one) after it was moved 1×');
  expect(await command()).toMatchObject({ code: 2, stderr: expect.stringContaining('usage') });
}, 300_000);

async function command(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = `${import.meta.dirname}/redrive-main.ts`;
  const env = { ...process.env, AWS_ENDPOINT_URL: bus.aws.url };
  return promisify(execFile)(process.execPath, [program, ...words], { env }).then(
    (output) => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}
