import type { EventContract } from '@millrace/catalog/event.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Broker } from './broker.ts';
import type { ConsumerOptions } from './consumer.ts';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import type { Database, Transaction } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import type { EventEnvelope } from './event-envelope.ts';
import type { NewEvent } from './outbox.ts';
import type { DeadMessage } from './testing/database-broker.ts';
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
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let broker: Broker;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  broker = databaseBroker({ database, bindings });
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

/** The effect of each event is a row; twice would be two rows. */
async function note(tx: Transaction, events: readonly Raised[]): Promise<typeof applied> {
  for (const { id, data } of events) {
    await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, ${data.counter}, ${data.by})`;
  }
  return applied;
}

type Options = Partial<ConsumerOptions<typeof CounterRaised>>;

function consume(options: Options = {}): ReturnType<typeof quiet> & { close(): Promise<void> } {
  const tools = quiet();
  const running = startConsumer({
    name: 'testing',
    queue: broker.queue(queueName),
    contracts: [CounterRaised],
    database,
    deadlineMs: 1_000,
    batchSize: 10,
    handle: note,
    ...tools,
    ...ports,
    ...options,
  });
  open.push(running);
  return { ...tools, ...running };
}

const send = async (...events: readonly NewEvent[]): Promise<void> => {
  for (const event of events) await sendRaw(database.sql, queueName, bodyOf(event));
};
const effects = async (): Promise<string[]> =>
  (await database.sql<{ eventId: string }[]>`select event_id as "eventId" from effect order by id`).map(
    (row) => row.eventId,
  );
const isDrained = async (): Promise<boolean> => (await database.sql`select 1 from test_message`).length === 0;
const dead = async (): Promise<string[]> =>
  (await readDead(database.sql, queueName)).map(({ reason }: DeadMessage) => reason);

test('a first delivery is applied and removed', async () => {
  const { metrics } = consume();
  const event = raised({ by: 3 });
  await send(event);
  await waitFor(isDrained);
  expect(await database.sql`select event_id, counter, by from effect`).toEqual([
    { event_id: event.id, counter: event.aggregateId, by: 3 },
  ]);
  expect(await metrics.registry.getSingleMetricAsString('consumer_handled_total')).toContain('{consumer="testing"} 1');
});

test('F15 the same again is skipped, in the same batch and in a later one', async () => {
  const { metrics } = consume();
  const event = raised();
  await send(event, event, event);
  await waitFor(isDrained);
  await send(event);
  await waitFor(isDrained);
  expect(await effects()).toEqual([event.id]);
  expect(await metrics.registry.getSingleMetricAsString('consumer_duplicates_total')).toContain(
    '{consumer="testing"} 3',
  );
});

test('F15 twice at once is applied once: the second waits for the first and skips', async () => {
  const event = raised();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let entered = 0;
  const handle = async (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    entered += 1;
    await held;
    return note(tx, events);
  };
  consume({ handle, deadlineMs: 60_000 });
  consume({ handle, deadlineMs: 60_000 });
  await send(event);
  await waitFor(() => entered === 1);
  await send(event);
  await waitFor(
    async () =>
      (
        await database.sql`
          select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%inbox%'`
      ).length === 1,
  );
  release();
  await waitFor(isDrained);
  expect(entered).toBe(1);
  expect(await effects()).toEqual([event.id]);
});

test('two consumers of different names both apply an event', async () => {
  const event = raised();
  await database.db.transaction(async (tx) => {
    const { acceptOnce } = await import('./inbox.ts');
    expect(await acceptOnce(tx, 'other', [event.id])).toEqual(new Set([event.id]));
  });
  consume();
  await send(event);
  await waitFor(isDrained);
  expect(await effects()).toEqual([event.id]);
});

test('versions of one aggregate that arrive together are handed over in their order', async () => {
  const events = [3, 1, 2].map((version) => raised({ counter: 'ordered', version }));
  await send(...events);
  consume();
  await waitFor(isDrained);
  expect(await effects()).toEqual([events[1]?.id, events[2]?.id, events[0]?.id]);
});

test('B60 an event whose predecessor is missing waits and is applied after it', async () => {
  const [first, second] = [raised({ counter: 'gap', version: 1 }), raised({ counter: 'gap', version: 2 })];
  const handle = async (tx: Transaction, events: Raised[]) => {
    const seen = (await sqlOf(tx)`select 1 from effect where counter = 'gap'`).length;
    const isEarly = (event: Raised): boolean => event.aggregateVersion > seen + 1;
    await note(
      tx,
      events.filter((event) => !isEarly(event)),
    );
    return { outcome: 'partly' as const, later: events.filter(isEarly).map(({ id }) => id) };
  };
  consume({ handle });
  await send(second);
  await waitFor(
    async () =>
      (await database.sql`select 1 from test_message where receive_count = 1 and visible_at > now()`).length === 1,
  );
  await send(first);
  await waitFor(isDrained);
  expect(await effects()).toEqual([first.id, second.id]);
});

test('B61 what a handler declares dead goes to the dead-letter queue, noted in our database, and the rest is applied', async () => {
  const [good, bad] = [raised(), raised()];
  await database.sql`create table if not exists dead_note (event_id uuid, reason text)`;
  const handle = async (tx: Transaction, events: Raised[]) => {
    await note(
      tx,
      events.filter(({ id }) => id !== bad.id),
    );
    return { outcome: 'partly' as const, dead: [{ eventId: bad.id, reason: 'amount-differs' }] };
  };
  consume({
    handle,
    onDead: async (tx, { eventId, reason }) => {
      await sqlOf(tx)`insert into dead_note values (${eventId ?? null}, ${reason})`;
    },
  });
  await send(good, bad);
  await waitFor(isDrained);
  expect(await effects()).toEqual([good.id]);
  expect(await waitFor(dead)).toEqual(['amount-differs']);
  expect(await database.sql`select * from dead_note`).toEqual([{ event_id: bad.id, reason: 'amount-differs' }]);
  expect(await database.sql`select event_id from inbox`).toEqual([{ event_id: good.id }]);
});

test('closing ends the long poll at once, finishes the handler and gives back what was fetched ahead', async () => {
  const idle = consume();
  await waitFor(isDrained);
  const began = performance.now();
  await idle.close();
  // The poll itself would last for 20 seconds.
  expect(performance.now() - began).toBeLessThan(15_000);
  let isIn = (): void => undefined;
  const entered = new Promise<void>((resolve) => {
    isIn = resolve;
  });
  const handle = async (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    isIn();
    await sqlOf(tx)`select pg_sleep(0.3)`;
    return note(tx, events);
  };
  const events = Array.from({ length: 6 }, () => raised());
  await send(...events);
  const busy = consume({ handle, batchSize: 2, deadlineMs: 10_000 });
  await entered;
  await busy.close();
  expect((await effects()).sort()).toEqual(
    events
      .slice(0, 2)
      .map(({ id }) => id)
      .sort(),
  );
  expect(await database.sql`select count(*)::int as n from test_message where visible_at <= now()`).toEqual([{ n: 4 }]);
});

test('with time to gather, messages that follow each other are applied together', async () => {
  const sizes: number[] = [];
  const handle = async (tx: Transaction, events: Raised[]): Promise<typeof applied> => {
    sizes.push(events.length);
    return note(tx, events);
  };
  consume({ handle, gatherMs: 4_000 });
  await send(raised());
  await waitFor(() => sizes.length === 1);
  for (let count = 0; count < 3; count += 1) await send(raised());
  await waitFor(isDrained);
  expect(sizes).toEqual([1, 3]);
});

test('the inbox forgets only what is older than its window', async () => {
  const { purgeInbox } = await import('./inbox.ts');
  await database.sql`insert into inbox select 'testing', gen_random_uuid(), now() - n * interval '1 day' from generate_series(1, 100) as n`;
  const before = new Date(Date.now() - 30.5 * 86_400_000);
  expect(await purgeInbox(database.sql, { before, limit: 50 })).toBe(50);
  expect(await purgeInbox(database.sql, { before, limit: 50 })).toBe(20);
  expect(await database.sql`select count(*)::int as n from inbox`).toEqual([{ n: 30 }]);
});

test('a consumer for several contracts is told which is which', async () => {
  const wide: EventContract[] = [CounterRaised];
  const seen: string[] = [];
  const other = openDatabase({ url: home.url, poolSize: 2, applicationName: 'wide' });
  const running = startConsumer({
    name: 'wide',
    queue: broker.queue(queueName),
    contracts: wide,
    database: other,
    deadlineMs: 1_000,
    batchSize: 10,
    handle: async (_tx, events) => {
      seen.push(...events.map(({ type }) => type));
      return applied;
    },
    ...quiet(),
    ...ports,
  });
  await send(raised());
  await waitFor(isDrained);
  await running.close();
  await other.close();
  expect(seen).toEqual(['CounterRaised']);
});
