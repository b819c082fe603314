import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Queue } from './broker.ts';
import type { ConsumerOptions } from './consumer.ts';
import { startConsumer } from './consumer.ts';
import type { Outcome } from './consumer-batch.ts';
import { applied } from './consumer-batch.ts';
import type { Database, Transaction } from './database.ts';
import { pack, sqlOf } from './database.ts';
import type { EventEnvelope } from './event-envelope.ts';
import { purgeInbox } from './inbox.ts';
import { messagingMetrics } from './messaging-metrics.ts';
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
let queue: Queue;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  await database.sql`create table seen (counter text primary key, version integer not null)`;
  queue = databaseBroker({ database, bindings, visibilityMs: 600_000 }).queue(queueName);
});
beforeEach(async () => {
  await database.sql`truncate inbox, effect, seen, test_message, test_dead_message`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

type Raised = EventEnvelope<typeof CounterRaised>;

async function note(tx: Transaction, events: readonly Raised[]): Promise<Outcome> {
  if (events.length === 0) return applied;
  const column = (pick: (event: Raised) => string): string[] => events.map(pick);
  await sqlOf(tx)`
    insert into effect (event_id, counter, by)
    select * from unnest(${column(({ id }) => id)}::uuid[], ${column(({ aggregateId }) => aggregateId)}::text[],
      ${column(({ aggregateVersion }) => String(aggregateVersion))}::integer[])`;
  return applied;
}

function consume(options: Partial<ConsumerOptions<typeof CounterRaised>> = {}): ReturnType<typeof quiet> {
  const tools = quiet();
  const standard = { name: 'testing', queue, contracts: [CounterRaised], database, deadlineMs: 60_000, batchSize: 500 };
  open.push(startConsumer({ ...standard, handle: note, ...tools, ...ports, ...options }));
  return tools;
}

/** One parcel of the queue holds so many messages. */
async function send(bodies: readonly string[], parcelSize = 1): Promise<void> {
  const parcels = Array.from({ length: Math.ceil(bodies.length / parcelSize) }, (_, at) =>
    bodies.slice(at * parcelSize, (at + 1) * parcelSize),
  );
  await database.sql`
    insert into test_message (queue, body, size)
    select ${queueName}, * from unnest(string_to_array(${parcels.map(pack).join('\u001d')}, ${'\u001d'}),
      ${parcels.map((parcel) => parcel.length)}::integer[])`;
}
const isDrained = async (): Promise<boolean> => (await database.sql`select 1 from test_message limit 1`).length === 0;
/** So many deliveries take a busy machine minutes. */
const patienceMs = 300_000;
const counted = async ({ metrics }: ReturnType<typeof quiet>, name: string): Promise<number> => {
  const { values } = (await metrics.registry.getSingleMetric(name)?.get()) ?? { values: [] };
  return values.reduce((sum, { value }) => sum + value, 0);
};

/** The same order each time. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const [order] = fc.sample(fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length }), {
    numRuns: 1,
    seed,
  });
  return order ?? [];
}

test('F15 of 100,000 deliveries, each event 1 to 5 times and to two workers at once, no effect is doubled', async () => {
  const events = Array.from({ length: 33_334 }, () => raised());
  const bodies = events.flatMap((event, at) => Array.from({ length: [1, 5, 3][at % 3] ?? 1 }, () => bodyOf(event)));
  bodies.length = 100_000;
  const mixed = shuffled(bodies, 15);
  for (let start = 0; start < mixed.length; start += 20_000) await send(mixed.slice(start, start + 20_000), 100);
  const workers = [consume(), consume()];
  await waitFor(isDrained, patienceMs);
  const [row] = await database.sql`
    select count(*)::int as effects, count(distinct event_id)::int as distinct from effect`;
  expect(row).toEqual({ effects: events.length, distinct: events.length });
  const handled = await Promise.all(workers.map((worker) => counted(worker, 'consumer_handled_total')));
  const skipped = await Promise.all(workers.map((worker) => counted(worker, 'consumer_duplicates_total')));
  expect(handled.every((count) => count > 0)).toBe(true);
  expect([...handled, ...skipped].reduce((sum, count) => sum + count, 0)).toBe(mixed.length);
  expect(await readDead(database.sql, queueName)).toEqual([]);
}, 600_000);

/** Versions seen before, locked: two workers do not both think that they have the next one. */
async function lastSeen(tx: Transaction, events: readonly Raised[]): Promise<Map<string, number>> {
  const counters = [...new Set(events.map(({ aggregateId }) => aggregateId))].sort();
  const sql = sqlOf(tx);
  await sql`insert into seen select *, 0 from unnest(${counters}::text[]) on conflict do nothing`;
  const rows = await sql<{ counter: string; version: number }[]>`
    select counter, version from seen where counter = any(${counters}::text[]) order by counter for update`;
  return new Map(rows.map(({ counter, version }) => [counter, version]));
}

/** Applies an event after the one before it; `isGuarded`: after any earlier one, and never after a later one. */
function inOrder(tools: Pick<ReturnType<typeof quiet>, 'metrics'>, isGuarded: boolean) {
  return async (tx: Transaction, events: Raised[]): Promise<Outcome> => {
    const seen = await lastSeen(tx, events);
    const fitting: Raised[] = [];
    const later: string[] = [];
    for (const event of events) {
      const last = seen.get(event.aggregateId) ?? 0;
      const { aggregateVersion: version } = event;
      if (version <= last) messagingMetrics(tools.metrics).stale.inc({ consumer: 'testing' });
      else if (version > last + 1 && !isGuarded) later.push(event.id);
      else {
        fitting.push(event);
        seen.set(event.aggregateId, version);
      }
    }
    await note(tx, fitting);
    await sqlOf(tx)`
      update seen set version = fresh.version from unnest(${[...seen.keys()]}::text[],
        ${[...seen.values()].map(String)}::integer[]) as fresh (counter, version) where seen.counter = fresh.counter`;
    return { outcome: 'partly', later };
  };
}

/** 300 aggregates of three versions and a hundred of one, in a window of 1,000. */
const window = (seed: number) =>
  shuffled(
    Array.from({ length: 400 }, (_, at) => `counter-${at}`).flatMap((counter, at) =>
      Array.from({ length: at < 300 ? 3 : 1 }, (_none, version) => raised({ counter, version: version + 1 })),
    ),
    seed,
  );

test('F16 B60 of 1,000 shuffled events an early one waits for those before it: all in order, 99 of 100 after at most 3 redeliveries', async () => {
  const events = window(16);
  await send(events.map(bodyOf));
  const receives = new Map<string, number>();
  const watched: Queue = {
    ...queue,
    remove: async (messages) => {
      for (const { id, receiveCount } of messages) receives.set(id, receiveCount);
      await queue.remove(messages);
    },
  };
  const tools = quiet();
  consume({ queue: watched, batchSize: 50, handle: inOrder(tools, false), ...tools });
  await waitFor(isDrained, patienceMs);
  const rows = await database.sql<{ counter: string; version: number }[]>`
    select counter, by as version from effect order by id`;
  expect(rows).toHaveLength(events.length);
  for (const [counter, of] of Map.groupBy(rows, (row) => row.counter)) {
    expect([counter, of.map(({ version }) => version)]).toEqual([counter, of.map((_, at) => at + 1)]);
  }
  const redeliveries = [...receives.values()].map((times) => times - 1).sort((one, other) => one - other);
  expect(redeliveries).toHaveLength(events.length);
  expect(redeliveries.at(-1)).toBeGreaterThan(0);
  expect(redeliveries[Math.floor(events.length * 0.99)]).toBeLessThanOrEqual(3);
  expect(await readDead(database.sql, queueName)).toEqual([]);
}, 600_000);

test('F16 B60 of 1,000 shuffled events one that comes after a later one is skipped as stale and counted', async () => {
  const events = window(61);
  await send(events.map(bodyOf));
  const tools = quiet();
  // One after the other: a full batch would make the consumer take turns with itself.
  const single: Queue = { ...queue, receive: (wish) => queue.receive({ ...wish, max: 1 }) };
  consume({ queue: single, batchSize: 10, handle: inOrder(tools, true), ...tools });
  await waitFor(isDrained, patienceMs);
  // What a guard keeps of each aggregate, counted by hand from the order in which the events were sent.
  const newest = new Map<string, number>();
  const kept = events.filter(({ aggregateId, aggregateVersion }) => {
    const isNewer = aggregateVersion > (newest.get(aggregateId) ?? 0);
    if (isNewer) newest.set(aggregateId, aggregateVersion);
    return isNewer;
  });
  const rows = await database.sql<{ id: string }[]>`select event_id as id from effect order by id`;
  expect(rows.map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort());
  expect(kept.length).toBeLessThan(events.length);
  expect(await counted(tools, 'consumer_stale_total')).toBe(events.length - kept.length);
}, 600_000);

test('F17 an event that comes again when the inbox has forgotten it is too old and not applied', async () => {
  const event = raised();
  let now = new Date();
  const tools = consume({ clock: { now: () => now } });
  await send([bodyOf(event)]);
  await waitFor(isDrained);
  now = new Date(now.getTime() + 32 * 86_400_000);
  // What the consumer itself removes every ten minutes: what is older than its 30 days and one more.
  const before = new Date(now.getTime() - 31 * 86_400_000);
  expect(await purgeInbox(database.sql, { before, limit: 10 })).toBe(1);
  const fresh = raised();
  await send([bodyOf(event), bodyOf({ ...fresh, occurredAt: now })]);
  await waitFor(isDrained);
  expect(await waitFor(async () => readDead(database.sql, queueName))).toEqual([
    { body: bodyOf(event), reason: 'too-old' },
  ]);
  const rows = await database.sql<{ id: string }[]>`select event_id as id from effect order by id`;
  expect(rows.map(({ id }) => id)).toEqual([event.id, fresh.id]);
  await waitFor(async () => (await counted(tools, 'consumer_dead_total')) === 1);
});
