import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Broker, Queue } from './broker.ts';
import type { ConsumerOptions } from './consumer.ts';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import type { Database, Transaction } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import type { EventEnvelope } from './event-envelope.ts';
import type { NewEvent } from './outbox.ts';
import { databaseBroker, readDead, sendRaw } from './testing/database-broker.ts';
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
import { startProxy } from './testing/proxy.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let broker: Broker;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  broker = databaseBroker({ database, bindings, visibilityMs: 60_000 });
});
beforeEach(async () => {
  await database.sql`truncate inbox, effect, test_message, test_dead_message`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

type Raised = EventEnvelope<typeof CounterRaised>;
type Options = Partial<ConsumerOptions<typeof CounterRaised>>;

async function note(tx: Transaction, events: readonly Raised[]): Promise<typeof applied> {
  for (const { id, data } of events) {
    await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, ${data.counter}, ${data.by})`;
  }
  return applied;
}

/** Never patient, so that postponed messages come again at once. */
function eager(queue: Queue): Queue {
  return { ...queue, postpone: (messages) => queue.postpone(messages, 0) };
}

function consume(options: Options = {}): ReturnType<typeof quiet> & { close(): Promise<void> } {
  const tools = quiet();
  const queue = eager(broker.queue(queueName));
  const standard = { name: 'testing', queue, contracts: [CounterRaised], database, deadlineMs: 1_000, batchSize: 10 };
  const running = startConsumer({ ...standard, handle: note, ...tools, ...ports, ...options });
  open.push(running);
  return { ...tools, ...running };
}

const send = async (events: readonly NewEvent[]): Promise<void> => {
  const bodies = events.map(bodyOf);
  await database.sql`insert into test_message (queue, body) select ${queueName}, unnest(${bodies}::text[])`;
};
const effects = async (): Promise<string[]> =>
  (await database.sql<{ eventId: string }[]>`select event_id as "eventId" from effect order by id`).map(
    (row) => row.eventId,
  );
const isDrained = async (): Promise<boolean> => (await database.sql`select 1 from test_message`).length === 0;
const deadReasons = async (): Promise<string[]> =>
  (await readDead(database.sql, queueName)).map(({ reason }) => reason);
const idsOf = (events: readonly NewEvent[]): string[] => events.map(({ id }) => id).sort();

test('F18 B56 B57 a message that is no event goes to the dead-letter queue without a call of the handler, and its neighbours are applied', async () => {
  const calls: string[] = [];
  const noted: unknown[] = [];
  const { metrics } = consume({
    handle: (tx, events) => {
      calls.push(...events.map(({ id }) => id));
      return note(tx, events);
    },
    onDead: async (_tx, dead) => void noted.push(dead),
  });
  const events = [raised(), raised()];
  await sendRaw(database.sql, queueName, '{"detail-type": broken');
  const wrong = bodyOf(raised()).replace('"by":1', '"by":"1"');
  await sendRaw(database.sql, queueName, wrong);
  await send(events);
  await waitFor(isDrained);
  await waitFor(async () => (await deadReasons()).length === 2);
  expect((await deadReasons()).sort()).toEqual(['bad-envelope', 'bad-event /detail/data/by']);
  expect(calls.sort()).toEqual(idsOf(events));
  expect(noted).toContainEqual({ eventId: undefined, reason: 'bad-envelope' });
  // A death is counted after the letter was sent.
  await waitFor(async () =>
    (await metrics.registry.getSingleMetricAsString('consumer_dead_total')).includes('reason="bad-event"} 1'),
  );
});

test('F18 a handler that always throws for one event buries it after five receives, and nobody else is applied twice', async () => {
  const events = Array.from({ length: 30 }, () => raised());
  const poison = events[7]?.id;
  let attempts = 0;
  consume({
    handle: async (tx, batch) => {
      await note(tx, batch);
      if (!batch.some(({ id }) => id === poison)) return applied;
      if (batch.length === 1) attempts += 1;
      throw new Error('never this one');
    },
  });
  await send(events);
  await waitFor(isDrained);
  expect(await deadReasons()).toEqual(['handler-failed never this one']);
  expect(attempts).toBe(5);
  expect((await effects()).sort()).toEqual(idsOf(events.filter(({ id }) => id !== poison)));
});

test('F19 a buried message that is sent again after the handler was mended is applied once', async () => {
  let isMended = false;
  const event = raised();
  const handle = (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    if (!isMended) throw new Error('broken');
    return note(tx, events);
  };
  consume({ handle, maxReceives: 2 });
  await send([event]);
  await waitFor(async () => (await deadReasons()).length === 1);
  isMended = true;
  const [message] = await readDead(database.sql, queueName);
  for (let times = 0; times < 2; times += 1) await sendRaw(database.sql, queueName, message?.body ?? '');
  await waitFor(isDrained);
  expect(await effects()).toEqual([event.id]);
});

test('a handler that takes too long is cut off, and what it does later changes nothing', async () => {
  let isSlow = true;
  let late: Promise<unknown> = Promise.resolve();
  const event = raised();
  consume({
    deadlineMs: 500,
    maxReceives: 100,
    handle: (tx, events) => {
      if (!isSlow) return note(tx, events);
      isSlow = false;
      const work = waitFor(() => effects().then((ids) => ids.length === 1)).then(() => note(tx, events));
      late = work.catch((error) => error.code);
      return work;
    },
  });
  await send([event]);
  await waitFor(isDrained);
  expect(await late).toBe('TRANSACTION_OVER');
  expect(await effects()).toEqual([event.id]);
});

test('a statement never gets more time than its connection, whatever the deadline: the fault is the message, not the database', async () => {
  const hasty = openDatabase({ url: home.url, applicationName: 'hasty', poolSize: 2, statementTimeoutMs: 1_000 });
  await hasty.sql`select 1`;
  const codes: string[] = [];
  const { close } = consume({
    database: hasty,
    deadlineMs: 30_000,
    maxReceives: 1,
    handle: async (tx, events) => {
      await sqlOf(tx)`select pg_sleep(20)`.catch((error: { code: string }) => {
        codes.push(error.code);
        throw error;
      });
      return note(tx, events);
    },
  });
  await send([raised()]);
  await waitFor(async () => (await deadReasons()).length === 1);
  expect(codes).toEqual(['57014']);
  await close();
  await hasty.close();
});

test('a deadlock is repeated at once and costs no receive', async () => {
  await database.sql`create table if not exists seat (n integer primary key, taken integer not null)`;
  await database.sql`insert into seat values (1, 0), (2, 0) on conflict do nothing`;
  const take = async (tx: Transaction, first: number): Promise<void> => {
    await sqlOf(tx)`update seat set taken = taken + 1 where n = ${first}`;
    await sqlOf(tx)`select pg_sleep(0.05)`;
    await sqlOf(tx)`update seat set taken = taken + 1 where n = ${3 - first}`;
  };
  let turn = 0;
  const handle = async (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    turn += 1;
    await take(tx, turn === 2 ? 2 : 1);
    return note(tx, events);
  };
  const events = Array.from({ length: 8 }, () => raised());
  const tools = [1, 2].map(() => consume({ handle, batchSize: 1, deadlineMs: 30_000 }));
  await send(events);
  await waitFor(isDrained);
  expect((await effects()).sort()).toEqual(idsOf(events));
  expect(await deadReasons()).toEqual([]);
  for (const { metrics } of tools) {
    expect(await metrics.registry.getSingleMetricAsString('consumer_retries_total')).not.toContain('testing');
  }
});

test('while the database is away nothing is received, what was held is given back, and it goes on by itself', async () => {
  const proxy = await startProxy(home.url);
  const own = openDatabase({ url: proxy.url, poolSize: 3, applicationName: 'behind', statementTimeoutMs: 500 });
  open.push(proxy, own);
  let receives = 0;
  const queue = broker.queue(queueName);
  const counted: Queue = {
    ...queue,
    receive: async (options) => {
      const messages = await queue.receive(options);
      if (messages.length > 0) receives += 1;
      return messages;
    },
  };
  consume({ database: own, queue: counted });
  await send([raised()]);
  await waitFor(isDrained);
  proxy.freeze();
  const events = Array.from({ length: 50 }, () => raised());
  await send(events);
  const before = receives;
  await waitFor(async () => (await database.sql`select 1 from test_message where receive_count > 0`).length > 0);
  await waitFor(
    async () =>
      (await database.sql`select 1 from test_message where receive_count > 0 and visible_at < now()`).length > 0,
  );
  expect(receives - before).toBeLessThanOrEqual(2);
  expect(await database.sql`select max(receive_count)::int as n from test_message`).toEqual([{ n: 1 }]);
  proxy.thaw();
  await waitFor(isDrained);
  expect((await effects()).length).toBe(51);
});

test('a consumer goes on after all its connections were lost, again and again', async () => {
  const events = Array.from({ length: 400 }, () => raised());
  const slow = async (tx: Transaction, batch: Raised[]): Promise<typeof applied> => {
    await sqlOf(tx)`select pg_sleep(0.02)`;
    return note(tx, batch);
  };
  const own = openDatabase({ url: home.url, poolSize: 3, applicationName: 'cut' });
  open.push(own);
  consume({ database: own, handle: slow, maxReceives: 100 });
  await send(events);
  for (let round = 0; round < 10; round += 1) {
    const seen = (await effects()).length;
    await waitFor(async () => (await effects()).length > seen || (await isDrained()));
    await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut'`;
  }
  await waitFor(isDrained);
  expect((await effects()).sort()).toEqual(idsOf(events));
}, 180_000);

test('a queue that fails is asked again, and removals that fail double nothing', async () => {
  const queue = eager(broker.queue(queueName));
  let faults = 0;
  const flaky: Queue = {
    ...queue,
    receive: async (options) => {
      faults += 1;
      if (faults % 3 === 1) throw new Error('queue away');
      return queue.receive(options);
    },
    remove: async (messages) => {
      faults += 1;
      if (faults % 2 === 0) {
        await queue.postpone(messages, 0);
        throw new Error('remove failed');
      }
      await queue.remove(messages);
    },
  };
  consume({ queue: flaky, maxReceives: 100 });
  const events = Array.from({ length: 40 }, () => raised());
  await send(events);
  await waitFor(isDrained);
  expect((await effects()).sort()).toEqual(idsOf(events));
});
