import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import { appendEvents, makeEvent, outboxTable } from './outbox.ts';
import { Problem } from './problem.ts';
import { defineRoute } from './route.ts';
import { createApp } from './server.ts';
import { formatTraceparent, runWithTrace } from './telemetry.ts';
import { bearerNames, outcome } from './testing/callers.ts';
import { CounterRaised, commitEvents, openMessagingDatabase, ports, quiet, raised } from './testing/event-fixtures.ts';
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

test('F22 a request whose event would be too large is refused with 413, and nothing of its transaction is left', async () => {
  await database.sql`create table if not exists kept (note text not null)`;
  await database.sql`truncate kept, outbox`;
  const route = defineRoute({
    method: 'POST',
    path: '/kept',
    operationId: 'keep',
    summary: 'Keeps a note and tells about it.',
    policy: 'public',
    body: { schema: z.strictObject({ note: z.string() }), maxBytes: 3_000_000 },
    responses: { 201: { description: 'Kept.' } },
    handle: ({ body: { note } }) =>
      database.db.transaction(async (tx) => {
        await sqlOf(tx)`insert into kept (note) values (${note.slice(0, 10)})`;
        await appendEvents(tx, [raised({ note: 'before' }), make({ counter: 'a', by: 1, note })]);
        return { status: 201 };
      }),
  });
  const { log, metrics } = quiet();
  const app = createApp({
    name: 'keeping',
    version: 'test',
    routes: [route],
    verifyToken: bearerNames,
    isReady: () => database.isReady(),
    metrics,
    log,
  });
  const keep = async (note: string) =>
    outcome(
      await app.request('/kept', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ note }),
      }),
    );
  const rows = async () => [
    (await database.sql`select 1 from kept`).length,
    (await database.sql`select 1 from outbox`).length,
  ];
  const largest = 1_048_576 - 4_096 - '{"counter":"a","by":1,"note":""}'.length;
  expect(await keep('x'.repeat(largest + 1))).toEqual({ status: 413, slug: 'event-too-large' });
  expect(await keep('🎉'.repeat(largest / 4 + 1))).toEqual({ status: 413, slug: 'event-too-large' });
  expect(await rows()).toEqual([0, 0]);
  expect(await keep('x'.repeat(largest))).toMatchObject({ status: 201 });
  expect(await rows()).toEqual([1, 2]);
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
