import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Broker } from './broker.ts';
import type { Database } from './database.ts';
import { startRelay } from './relay.ts';
import { databaseBroker } from './testing/database-broker.ts';
import { bindings, commitEvents, openMessagingDatabase, ports, quiet, raised } from './testing/event-fixtures.ts';
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

test.each([[[0]], [[9]], [[2, 5, 7]]])('F10 only the entries %j that failed are offered again', async (failing) => {
  const events = Array.from({ length: 10 }, () => raised());
  const bad = new Set(failing.map((at) => events[at]?.id));
  const broker = judged(({ id }, attempt) =>
    bad.has(id) && attempt < 3 ? fault('InternalFailure', 'failed') : undefined,
  );
  const { metrics } = relay(broker);
  await commitEvents(database, events);
  await waitFor(isEmpty);
  expect(events.map(({ id }) => broker.offers.get(id))).toEqual(events.map(({ id }) => (bad.has(id) ? 3 : 1)));
  expect(await metrics.registry.getSingleMetricAsString('outbox_failed_total')).toContain(
    `{code="InternalFailure"} ${failing.length * 2}`,
  );
});

test('F11 an event that the bus refuses is parked with the reason, and the others flow', async () => {
  const events = Array.from({ length: 5 }, () => raised());
  const broker = judged(({ id }) => (id === events[2]?.id ? fault('MalformedDetail', 'refused') : undefined));
  const { metrics } = relay(broker);
  await commitEvents(database, events);
  await waitFor(async () => (await publishedIds()).length === 4);
  await commitEvents(database, [raised()]);
  await waitFor(async () => (await publishedIds()).length === 5);
  // What is published is on the bus before its row is gone.
  const left = await waitFor(async () => {
    const rows = await database.sql`select id, parked_reason as reason from outbox`;
    return rows.length === 1 && rows;
  });
  expect(left).toEqual([{ id: events[2]?.id, reason: 'MalformedDetail: no' }]);
  expect(broker.offers.get(events[2]?.id ?? '')).toBe(1);
  expect(await metrics.registry.getSingleMetricAsString('outbox_parked_total')).toContain('{code="MalformedDetail"} 1');
});

test('F11 later versions wait behind a parked one, and go when it is released', async () => {
  let isMended = false;
  const broker = judged(({ detail }) =>
    !isMended && JSON.parse(detail).aggregateVersion === 1 ? fault('NotAuthorizedForDetailType', 'refused') : undefined,
  );
  relay(broker);
  const events = [1, 2, 3].map((version) => raised({ counter: 'parked', version }));
  await commitEvents(database, events);
  const other = raised({ version: 2 });
  await commitEvents(database, [other]);
  await waitFor(async () => (await publishedIds()).length === 1);
  expect(await publishedIds()).toEqual([other.id]);
  await waitFor(async () => (await database.sql`select 1 from outbox where parked_reason is not null`).length === 1);
  isMended = true;
  await database.sql`update outbox set parked_reason = null, next_attempt_at = now() where parked_reason is not null`;
  await waitFor(isEmpty);
  expect(await publishedIds()).toEqual([other.id, ...events.map(({ id }) => id)]);
});

test('F12 a throttled broker is asked less and less, and no row is marked as failed', async () => {
  let isThrottling = true;
  const broker = judged(() => (isThrottling ? fault('ThrottlingException', 'later') : undefined));
  relay(broker);
  const event = raised();
  await commitEvents(database, [event]);
  await waitFor(() => (broker.offers.get(event.id) ?? 0) >= 3);
  expect(await database.sql`select attempts from outbox`).toEqual([{ attempts: 0 }]);
  expect(broker.offers.get(event.id)).toBeLessThan(10);
  isThrottling = false;
  await waitFor(isEmpty);
});

test('a broker that never answers is given up after a while and asked again', async () => {
  let calls = 0;
  const inner = databaseBroker({ database, bindings, isNoted: true });
  const publish: Broker['publish'] = (events, signal) => {
    calls += 1;
    return calls === 1 ? new Promise(() => undefined) : inner.publish(events, signal);
  };
  relay({ ...inner, publish });
  await commitEvents(database, [raised()]);
  await waitFor(isEmpty);
});

test('F12 nothing that commits waits for the broker, not even versions behind those that the relay holds', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  const inner = databaseBroker({ database, bindings, isNoted: true });
  const publish: Broker['publish'] = async (events, signal) => {
    calls += 1;
    await held;
    return inner.publish(events, signal);
  };
  relay({ ...inner, publish });
  const versions = Array.from({ length: 20 }, (_, at) => raised({ counter: 'held', version: at + 1 }));
  await commitEvents(database, versions.slice(0, 1));
  await waitFor(() => calls === 1);
  for (const event of versions.slice(1)) await commitEvents(database, [event]);
  expect(await publishedIds()).toEqual([]);
  release();
  await waitFor(isEmpty);
  // A call that is given up meanwhile may still arrive.
  expect([...new Set(await publishedIds())]).toEqual(versions.map(({ id }) => id));
});

test('a relay goes on after all its connections were lost', async () => {
  relay(databaseBroker({ database, bindings, isNoted: true }));
  for (let round = 0; round < 5; round += 1) {
    await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`;
    const { openDatabase } = await import('./database.ts');
    const other = openDatabase({ url: home.url, poolSize: 1, applicationName: 'other' });
    await commitEvents(other, [raised()]);
    await other.close();
    await waitFor(isEmpty);
  }
});

test('closing waits for what is being published', async () => {
  let release = (): void => undefined;
  const inner = databaseBroker({ database, bindings, isNoted: true });
  const started = new Promise<void>((isStarted) => {
    const broker: Broker = {
      ...inner,
      publish: async (events, signal) => {
        isStarted();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return inner.publish(events, signal);
      },
    };
    relay(broker);
  });
  await commitEvents(database, [raised()]);
  await started;
  const closing = Promise.all(open.splice(0).map((one) => one.close()));
  release();
  await closing;
  expect(await isEmpty()).toBe(true);
});

test('a backlog is counted and its age shown', async () => {
  await commitEvents(database, [raised(), raised()]);
  await database.sql`update outbox set created_at = now() - interval '90 seconds', next_attempt_at = now() + interval '1 hour'`;
  const { metrics } = relay(databaseBroker({ database, bindings, isNoted: true }));
  await waitFor(async () =>
    (await metrics.registry.getSingleMetricAsString('outbox_depth')).includes('outbox_depth 2'),
  );
  const lag = Number((await metrics.registry.getSingleMetricAsString('outbox_lag_seconds')).split(' ').at(-1));
  expect(lag).toBeGreaterThanOrEqual(90);
});
