import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Broker } from './broker.ts';
import type { Database } from './database.ts';
import { startRelay } from './relay.ts';
import { databaseBroker } from './testing/database-broker.ts';
import {
  bindings,
  commitEvents,
  openMessagingDatabase,
  ports,
  queueName,
  quiet,
  raised,
} from './testing/event-fixtures.ts';
import type { Judge, JudgedBroker } from './testing/judged-broker.ts';
import { fault, judgedBroker } from './testing/judged-broker.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
});
beforeEach(async () => {
  await database.sql`truncate outbox, test_message, test_published`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

const judged = (judge: Judge): JudgedBroker =>
  judgedBroker(databaseBroker({ database, bindings, isNoted: true }), judge);

function relay(
  broker: Broker,
  more: { batchSize?: number } = {},
): ReturnType<typeof quiet> & { close(): Promise<void> } {
  const tools = quiet();
  const running = startRelay({ database, broker, ...tools, ...ports, ...more });
  open.push(running);
  return { ...tools, ...running };
}

const isEmpty = async (): Promise<boolean> => (await database.sql`select 1 from outbox`).length === 0;
const publishedIds = async (): Promise<string[]> =>
  (await database.sql<{ id: string }[]>`select event_id as id from test_published order by test_published.id`).map(
    (row) => row.id,
  );

test('an event is published as the contract says and leaves the outbox', async () => {
  relay(databaseBroker({ database, bindings, isNoted: true }));
  const event = raised({ note: 'ü "quoted" \\ 🎉', version: 7 });
  await commitEvents(database, [event]);
  await waitFor(isEmpty);
  const [row] = await database.sql<{ queue: string; body: string }[]>`select queue, body from test_message`;
  const envelope = JSON.parse(row?.body ?? '');
  expect(row?.queue).toBe(queueName);
  expect(envelope).toMatchObject({ 'detail-type': 'CounterRaised', source: 'millrace.counting' });
  const { id, version, aggregateId, aggregateVersion, correlationId, traceparent } = event;
  expect(envelope.detail).toEqual({
    id,
    version,
    occurredAt: event.occurredAt.toISOString(),
    aggregateId,
    aggregateVersion,
    correlationId,
    traceparent,
    data: JSON.parse(event.data),
  });
});

test('events of a transaction that was rolled back are never published', async () => {
  relay(databaseBroker({ database, bindings, isNoted: true }));
  const [kept, undone] = [raised(), raised()];
  const { appendEvents } = await import('./outbox.ts');
  await database.db
    .transaction(async (tx) => {
      await appendEvents(tx, [undone]);
      throw new Error('rolled back');
    })
    .catch(() => undefined);
  await commitEvents(database, [kept]);
  await waitFor(isEmpty);
  expect(await publishedIds()).toEqual([kept.id]);
});

test('a transaction that commits later than a newer one loses nothing', async () => {
  const { appendEvents } = await import('./outbox.ts');
  relay(databaseBroker({ database, bindings, isNoted: true }));
  const [slow, quick] = [raised(), raised()];
  await database.db.transaction(async (tx) => {
    await appendEvents(tx, [slow]);
    await commitEvents(database, [quick]);
    await waitFor(async () => (await publishedIds()).includes(quick.id));
  });
  await waitFor(isEmpty);
  expect(await publishedIds()).toEqual([quick.id, slow.id]);
});

test('a committed event is on the bus without waiting for a poll', async () => {
  // The clock stands still, so no poll is ever due: only the notification of a commit can wake the relay.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  relay(databaseBroker({ database, bindings, isNoted: true }));
  for (let round = 0; round < 30; round += 1) {
    await commitEvents(database, [raised()]);
    await waitFor(isEmpty);
  }
});

test('F3 three relays at once publish each event once: at most 1.05 times on average', async () => {
  const broker = judged(() => undefined);
  const events = Array.from({ length: 3_000 }, () => raised());
  for (let start = 0; start < events.length; start += 500)
    await commitEvents(database, events.slice(start, start + 500));
  for (let count = 0; count < 3; count += 1) relay(broker, { batchSize: 50 });
  await waitFor(isEmpty, 60_000);
  const ids = await publishedIds();
  expect(new Set(ids)).toEqual(new Set(events.map((event) => event.id)));
  expect(ids.length / events.length).toBeLessThanOrEqual(1.05);
}, 120_000);

test.each([1, 3])(
  'F10 versions of an aggregate leave in order with %d relays, though some fail',
  async (relays) => {
    const order = new Map<string, number[]>();
    const broker = judged(({ detail, id }, attempt) => {
      const { aggregateId, aggregateVersion } = JSON.parse(detail);
      if (attempt === 1 && id.charCodeAt(id.length - 1) % 3 === 0) return fault('InternalFailure', 'failed');
      order.set(aggregateId, [...(order.get(aggregateId) ?? []), aggregateVersion]);
      return undefined;
    });
    const counters = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}-${relays}`);
    const events = counters.flatMap((counter) =>
      Array.from({ length: 20 }, (_, at) => raised({ counter, version: at + 1 })),
    );
    await commitEvents(
      database,
      events.sort(() => Math.random() - 0.5),
    );
    for (let count = 0; count < relays; count += 1) relay(broker, { batchSize: 7 });
    await waitFor(isEmpty, 60_000);
    for (const counter of counters) expect(order.get(counter)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  },
  120_000,
);

test('large events are taken a few at a time, in the order of their versions: a backlog of them does not fill the process', async () => {
  const broker = databaseBroker({ database, bindings, isNoted: true });
  const [first, second] = [1, 2].map((version) => raised({ counter: '01980000-0000-7000-8000-000000000007', version }));
  if (!first || !second) throw new Error('two events were made');
  const large = Array.from({ length: 40 }, () => raised());
  // The second version lies before what one claim can hold, the first behind it.
  for (const events of [[second], large, [first]]) await commitEvents(database, events);
  // Random, so that the database cannot compress it.
  await database.sql`
    update outbox set data = data || jsonb_build_object('note',
      (select string_agg(md5(random()::text), '') from generate_series(1, 12500) where outbox.id is not null))`;
  const inHand: number[] = [];
  relay({
    ...broker,
    publish: (events, signal) => {
      inHand.push(events.reduce((sum, { detail }) => sum + detail.length, 0));
      return broker.publish(events, signal);
    },
  });
  await waitFor(isEmpty, 60_000);
  const published = await publishedIds();
  expect(published.toSorted()).toEqual([first, second, ...large].map(({ id }) => id).sort());
  expect(published.indexOf(first.id)).toBeLessThan(published.indexOf(second.id));
  expect(Math.max(...inHand)).toBeGreaterThan(400_000);
  expect(Math.max(...inHand)).toBeLessThan(5_000_000);
}, 120_000);
