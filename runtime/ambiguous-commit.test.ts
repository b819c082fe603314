import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startConsumer } from './consumer.ts';
import { applied } from './consumer-batch.ts';
import type { Database } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import { appendEvents } from './outbox.ts';
import { startRelay } from './relay.ts';
import { databaseBroker, readDead } from './testing/database-broker.ts';
import {
  bindings,
  bodyOf,
  CounterRaised,
  commitEvents,
  openMessagingDatabase,
  ports,
  queueName,
  quiet,
  raised,
} from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import type { TestProxy } from './testing/proxy.ts';
import { startProxy } from './testing/proxy.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let proxy: TestProxy;
/** The same database behind a network that loses the answer to COMMIT. */
let far: Database;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
});
beforeEach(async () => {
  await database.sql`truncate outbox, inbox, effect, test_message, test_published, test_dead_message`;
  proxy = await startProxy(home.url);
  far = openDatabase({ url: proxy.url, poolSize: 3, applicationName: 'far' });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await far.close();
  await proxy.close();
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

/** The bytes of the answer are lost for good; the connections that waited for it end. */
function loseAnswer(): void {
  proxy.thaw();
  proxy.cut();
}

test('F9 a consumer that does not hear that it committed finds its events in the inbox: no effect twice, no dead letter', async () => {
  const broker = databaseBroker({ database, bindings });
  const tools = quiet();
  const consumer = startConsumer({
    ...tools,
    ...ports,
    name: 'testing',
    queue: broker.queue(queueName),
    contracts: [CounterRaised],
    database: far,
    deadlineMs: 10_000,
    batchSize: 10,
    maxReceives: 2,
    handle: async (tx, events) => {
      for (const { id } of events) await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, 'a', 1)`;
      return applied;
    },
  });
  open.push(consumer);
  const rounds = 3;
  for (let round = 1; round <= rounds; round += 1) {
    // A connection writes the word out only the first time: later it names the prepared statement.
    proxy.cut();
    proxy.freezeAnswersTo('commit');
    const bodies = Array.from({ length: 5 }, () => bodyOf(raised()));
    await database.sql`insert into test_message (queue, body) select ${queueName}, unnest(${bodies}::text[])`;
    await waitFor(async () => (await database.sql`select 1 from effect`).length === round * 5);
    expect(await database.sql`select 1 from test_message`).toHaveLength(5);
    loseAnswer();
    await waitFor(async () => (await database.sql`select 1 from test_message`).length === 0);
  }
  expect(await database.sql`select 1 from effect`).toHaveLength(rounds * 5);
  expect(await readDead(database.sql, queueName)).toEqual([]);
  const duplicates = await tools.metrics.registry.getSingleMetricAsString('consumer_duplicates_total');
  expect(duplicates).toContain(`{consumer="testing"} ${rounds * 5}`);
}, 120_000);

test('F9 a relay that does not hear that it committed publishes nothing again', async () => {
  const broker = databaseBroker({ database, bindings, isNoted: true });
  const events = Array.from({ length: 20 }, () => raised());
  await commitEvents(database, events.slice(0, 10));
  proxy.freezeAnswersTo('commit');
  open.push(startRelay({ ...quiet(), ...ports, database: far, broker }));
  await waitFor(async () => (await database.sql`select 1 from outbox`).length === 0);
  loseAnswer();
  await commitEvents(database, events.slice(10));
  await waitFor(async () => (await database.sql`select 1 from outbox`).length === 0);
  const published = await database.sql<{ id: string }[]>`select event_id as id from test_published`;
  expect(published.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
}, 120_000);

test('F9 a producer that does not hear that it committed repeats under its own key: one row, one event', async () => {
  await database.sql`create table if not exists wish (key text primary key, id uuid not null)`;
  const write = async (key: string): Promise<string> =>
    far.db.transaction(async (tx) => {
      const event = raised();
      const sql = sqlOf(tx);
      const [mine] = await sql`insert into wish values (${key}, ${event.id}) on conflict do nothing returning id`;
      if (!mine) {
        const [first] = await sql<{ id: string }[]>`select id from wish where key = ${key}`;
        return first?.id ?? '';
      }
      await appendEvents(tx, [event]);
      return event.id;
    });
  await far.sql`select 1`;
  proxy.freezeAnswersTo('commit');
  const lost = write('one').catch((error: unknown) => (error as { code: string }).code);
  await waitFor(async () => (await database.sql`select 1 from wish`).length === 1);
  loseAnswer();
  expect(await lost).toMatch(/^CONNECTION_/);
  const again = await waitFor(() => write('one'));
  expect(await database.sql`select id from wish`).toEqual([{ id: again }]);
  expect(await database.sql`select id from outbox`).toEqual([{ id: again }]);
});
