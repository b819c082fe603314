import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import { appendEvents, makeEvent, outboxTable } from './outbox.ts';
import { Problem } from './problem.ts';
import { formatTraceparent, runWithTrace } from './telemetry.ts';
import { CounterRaised, commitEvents, openMessagingDatabase, ports, raised } from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

const make = (data: object) =>
  makeEvent(CounterRaised, { aggregateId: 'a', aggregateVersion: 1, data: data as never }, ports);

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('an event is stored whole, and is not there after a rollback', async () => {
  const event = raised({ note: 'quote " backslash \\ brace {a,b} null ünï 🎉', version: 9 });
  await commitEvents(database, [event]);
  const [row] = await database.db.select().from(outboxTable);
  const { position, createdAt, nextAttemptAt, ...stored } = row ?? ({} as never);
  expect(stored).toEqual({ ...event, data: JSON.parse(event.data), attempts: 0, parkedReason: null });
  expect([typeof position, createdAt, nextAttemptAt]).toEqual(['number', expect.any(Date), expect.any(Date)]);
  await database.sql`truncate outbox`;
  await database.db
    .transaction(async (tx) => {
      await appendEvents(tx, [event]);
      throw new Error('no');
    })
    .catch(() => undefined);
  expect(await database.db.select().from(outboxTable)).toEqual([]);
});

test('a plain transaction of postgres.js takes events too, many in one statement, and none in none', async () => {
  await database.sql`truncate outbox`;
  const events = Array.from({ length: 2_000 }, () => raised());
  await database.sql.begin(async (tx) => {
    await appendEvents(tx, events);
    await appendEvents(tx, []);
  });
  expect(await database.sql`select count(*)::int as n from outbox`).toEqual([{ n: 2_000 }]);
});

test('members that the contract does not know are left out', () => {
  expect(make({ counter: 'a', by: 1, secret: 'x' }).data).toBe('{"counter":"a","by":1}');
});

test('data that break the contract are a fault of ours', () => {
  const error = thrown(() => make({ counter: 'a', by: 'many' }));
  expect(error).not.toBeInstanceOf(Problem);
  expect((error as Error).message).toContain('CounterRaised@1');
});

test('F22 an event larger than the bus takes is refused by its bytes, not its letters', () => {
  const largest = 1_048_576 - 4_096 - '{"counter":"a","by":1,"note":""}'.length;
  expect(make({ counter: 'a', by: 1, note: 'x'.repeat(largest) }).data).toHaveLength(1_048_576 - 4_096);
  for (const note of ['x'.repeat(largest + 1), '🎉'.repeat(largest / 4 + 1)]) {
    expect(thrown(() => make({ counter: 'a', by: 1, note }))).toMatchObject({ status: 413, slug: 'event-too-large' });
  }
});

test.each(['a\u0000b', '\ud800', '\\\u0000'])('text that the database cannot hold (%j) is refused', (note) => {
  expect(thrown(() => make({ counter: 'a', by: 1, note }))).toMatchObject({ status: 422 });
});

test.each(['\\u0000', '\\\\u0000', '\u0001', '\\ud800 as text'])(
  'text that only looks like it (%j) is stored',
  async (note) => {
    await database.sql`truncate outbox`;
    await commitEvents(database, [make({ counter: 'a', by: 1, note })]);
    expect(await database.sql`select data->>'note' as note from outbox`).toEqual([{ note }]);
  },
);

test('an event carries the trace in which it was made', () => {
  const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
  const event = runWithTrace(trace, () => raised());
  expect([event.traceparent, event.correlationId]).toEqual([formatTraceparent(trace), trace.traceId]);
});

test('transactions that commit at once do not wait for each other to wake the relay', async () => {
  const heard: number[] = [];
  const unlisten = await database.listen('outbox', () => heard.push(1));
  await database.db.transaction(async (holder) => {
    await appendEvents(holder, [raised()]);
    const others = Array.from({ length: 5 }, () => commitEvents(database, [raised()]));
    await Promise.all(others);
  });
  await waitFor(() => heard.length > 0);
  await unlisten();
});

test('a database of a service has an outbox and an inbox after migrating', async () => {
  const other = openDatabase({ url: home.url, poolSize: 1, applicationName: 'look' });
  const tables =
    await other.sql`select table_name as name from information_schema.tables where table_name in ('outbox', 'inbox') order by 1`;
  await other.close();
  expect(tables).toEqual([{ name: 'inbox' }, { name: 'outbox' }]);
});
