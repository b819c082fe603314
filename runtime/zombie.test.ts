import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { bodyOf, openMessagingDatabase, raised } from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import type { TestBus } from './testing/test-bus.ts';
import { startTestBus } from './testing/test-bus.ts';
import { waitFor } from './testing/wait.ts';

interface Worker {
  child: ChildProcess;
  /** Waits until it says so; a `stop@` worker says every point that it reaches. */
  said(word: string): Promise<unknown>;
  kill(): Promise<void>;
}

let home: TestDatabase;
let database: Database;
let bus: TestBus;
const workers = new Set<Worker>();

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  bus = await startTestBus({ visibilitySeconds: 1 });
});
beforeEach(async () => {
  await database.sql`truncate inbox, effect`;
});
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.kill()));
  await bus.reset();
});
afterAll(async () => {
  await bus.close();
  await database.close();
  await home.drop();
});

const patienceMs = 60_000;

function startWorker(fault?: string): Worker {
  const program = `${import.meta.dirname}/testing/messaging-process.ts`;
  const child = spawn(process.execPath, [program, 'consumer', home.url, bus.aws.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(fault && { MILLRACE_FAULT: fault }) },
  });
  let heard = '';
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  const ended = once(child, 'exit');
  const worker: Worker = {
    child,
    said: (word) => waitFor(() => heard.includes(`${word}\n`), patienceMs),
    kill: async () => {
      workers.delete(worker);
      child.kill('SIGKILL');
      await ended;
    },
  };
  workers.add(worker);
  return worker;
}

const effects = async (): Promise<string[]> =>
  (await database.sql<{ eventId: string }[]>`select event_id as "eventId" from effect order by id`).map(
    (row) => row.eventId,
  );
const isDrained = async (): Promise<boolean> => (await bus.count()) === 0;

/** A worker that stopped at the point with this event in hand. */
async function stoppedAt(point: string, body: string): Promise<Worker> {
  const zombie = startWorker(`stop@${point}`);
  await bus.send(body);
  await zombie.said(point);
  return zombie;
}

test.each(['consumer:before-inbox', 'consumer:after-commit'])(
  'F5 a worker that stops at %s past the visibility timeout and wakes when another has settled its message changes nothing',
  async (point) => {
    const [event, next] = [raised(), raised()];
    const zombie = await stoppedAt(point, bodyOf(event));
    const other = startWorker();
    await waitFor(isDrained, patienceMs);
    expect(await effects()).toEqual([event.id]);
    zombie.child.kill('SIGCONT');
    await other.kill();
    // Only it is left, so it takes the next one as soon as it is done with the first.
    await bus.send(bodyOf(next));
    await waitFor(async () => (await effects()).includes(next.id), patienceMs);
    expect(await effects()).toEqual([event.id, next.id]);
    expect(await bus.count(bus.deadUrl)).toBe(0);
  },
  240_000,
);

test('F5 the commit of a worker whose session the database has ended meanwhile comes too late', async () => {
  const [event, next] = [raised(), raised()];
  const zombie = await stoppedAt('consumer:after-handler', bodyOf(event));
  // What idle_in_transaction_session_timeout does after 15 seconds.
  const ended = await database.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'`;
  expect(ended).toHaveLength(1);
  expect(await effects()).toEqual([]);
  const other = startWorker();
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual([event.id]);
  await other.kill();
  zombie.child.kill('SIGCONT');
  await bus.send(bodyOf(next));
  await waitFor(async () => (await effects()).includes(next.id), patienceMs);
  expect(await effects()).toEqual([event.id, next.id]);
  expect(await bus.count(bus.deadUrl)).toBe(0);
}, 240_000);

test('F5 a removal with a stale handle takes the message from nobody', async () => {
  const event = raised();
  const zombie = await stoppedAt('consumer:after-commit', bodyOf(event));
  const lent = await waitFor(async () => {
    const request = { QueueUrl: bus.url, VisibilityTimeout: 600, WaitTimeSeconds: 1 };
    return (await bus.aws.sqs.receiveMessage(request)).Messages?.[0];
  }, patienceMs);
  zombie.child.kill('SIGCONT');
  await zombie.said('consumer:after-remove');
  expect(await bus.count()).toBe(1);
  await zombie.kill();
  await bus.aws.sqs.changeMessageVisibility({
    QueueUrl: bus.url,
    ReceiptHandle: lent?.ReceiptHandle,
    VisibilityTimeout: 0,
  });
  startWorker();
  await waitFor(isDrained, patienceMs);
  expect(await effects()).toEqual([event.id]);
}, 240_000);
