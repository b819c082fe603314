import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { OutgoingEvent } from '@millrace/runtime/broker.ts';
import { faultPoints } from '@millrace/runtime/fault-point.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { createBrokerTables, databaseBroker, readDead, sendRaw } from '@millrace/runtime/testing/database-broker.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startProcessor } from './processor.ts';
import { collectedBatch, collectedBindings, collectedQueue } from './testing/collected-batches.ts';
import { countQuarters, countValues } from './testing/counts.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';
import { storedQuarters, storedValues, storedVisits } from './testing/stored.ts';
import { trackedEvent, trackedEvents, visitsOfTracked } from './testing/tracked-events.ts';

let database: HotDatabase;
const running: { close(): Promise<void> }[] = [];
const children: ChildProcess[] = [];
beforeAll(async () => {
  database = await createHotDatabase();
  await createBrokerTables(database.sql);
});
afterAll(async () => {
  await database.drop();
});
beforeEach(async () => {
  await database.sql`
    truncate event, visit, dirty_day, rollup_quarter, rollup_day, dead_batch, inbox, test_message, test_dead_message`;
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map((processor) => processor.close()));
});

const broker = (visibilityMs = 300) => databaseBroker({ database, bindings: collectedBindings, visibilityMs });
const publish = (...batches: OutgoingEvent[]) => broker().publish(batches, AbortSignal.timeout(5_000));
const uuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

function start(visibilityMs?: number): void {
  running.push(
    startProcessor({
      database,
      slowDatabase: database,
      queue: broker(visibilityMs).queue(collectedQueue),
      log: createLog({ name: 'test', level: 'silent' }),
      metrics: createMetrics(),
      clock: systemClock,
      random: systemRandom,
    }),
  );
}

async function settled(): Promise<void> {
  await waitFor(async () => {
    const rows = await database.sql`select from test_message union all select from dirty_day`;
    return rows.length === 0;
  }, 60_000);
}

async function expectRight(events: readonly TrackedEvent[]): Promise<void> {
  expect(await storedVisits(database.sql)).toEqual(visitsOfTracked(events));
  expect(await storedQuarters(database.sql)).toEqual(countQuarters(events));
  expect(await storedValues(database.sql)).toEqual(countValues(events));
}

/** The same many events in each run. */
const manyEvents = (): TrackedEvent[] => {
  const lists = fc.sample(trackedEvents, { seed: 7, numRuns: 12 });
  return [...new Map(lists.flat().map((event) => [event.id, event])).values()];
};

test('a batch is applied once: delivered again, twice at once, and to two processors', async () => {
  const events = manyEvents();
  const batches = [...chunks(events, 7)].map((batch) => collectedBatch(batch));
  await publish(...batches, ...batches.toReversed());
  start();
  start();
  await publish(...batches);
  await settled();
  await expectRight(events);
});

test('a poison message goes to the dead letters with its reason, and its neighbours are applied', async () => {
  const event = trackedEvent({ id: uuid(1) });
  const wrong = collectedBatch([{ ...event, path: '' }]);
  await sendRaw(database.sql, collectedQueue, '{"not": "an event"');
  await publish(wrong, collectedBatch([event]));
  // Seen once: a message that comes again before it is put aside lies there twice.
  start(60_000);
  await settled();
  await expectRight([event]);
  expect(await database.sql`select id, reason from dead_batch`).toEqual([
    { id: wrong.id, reason: 'bad-event /detail/data/events/0/path' },
  ]);
  expect((await readDead(database.sql, collectedQueue)).map(({ reason }) => reason).sort()).toEqual([
    'bad-envelope',
    'bad-event /detail/data/events/0/path',
  ]);
});

test('a dead batch that is sent again and applied is dead no more', async () => {
  const batch = collectedBatch([trackedEvent({ id: uuid(1) })]);
  await database.sql`insert into dead_batch (id, reason, at) values (${batch.id}, 'handler-failed', now())`;
  await publish(batch);
  start();
  await settled();
  expect(await database.sql`select * from dead_batch`).toHaveLength(0);
});

const program = join(import.meta.dirname, 'testing', 'processor-process.ts');

function startChild(fault?: string): ChildProcess {
  const child = spawn(process.execPath, [program, database.url, ...(fault ? [fault] : [])], { stdio: 'inherit' });
  children.push(child);
  return child;
}

test('kill -9 between any two steps loses nothing and doubles nothing', async () => {
  const events = manyEvents();
  await publish(...[...chunks(events, 1)].map((batch) => collectedBatch(batch)));
  for (const point of faultPoints.filter((name) => name.startsWith('consumer:'))) {
    const child = startChild(`crash@${point}`);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }
  startChild();
  await settled();
  await expectRight(events);
}, 180_000);

test('kill -9 while batches arrive and roll-ups are counted loses nothing and doubles nothing', async () => {
  const events = manyEvents();
  const batches = [...chunks(events, 2)].map((batch) => collectedBatch(batch));
  for (const group of chunks(batches, Math.ceil(batches.length / 6))) {
    const child = startChild();
    const [before] = await database.sql`select count(*)::integer as count from inbox`;
    await publish(...group);
    await waitFor(async () => {
      const [now] = await database.sql`select count(*)::integer as count from inbox`;
      return now?.count > before?.count;
    }, 30_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  startChild();
  await settled();
  await expectRight(events);
}, 240_000);

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
