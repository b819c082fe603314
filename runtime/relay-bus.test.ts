import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { awsBroker } from './aws-broker.ts';
import type { Broker } from './broker.ts';
import type { Database } from './database.ts';
import type { NewEvent } from './outbox.ts';
import { startRelay } from './relay.ts';
import { commitEvents, openMessagingDatabase, ports, quiet, raised } from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import type { TestBus } from './testing/test-bus.ts';
import { startTestBus } from './testing/test-bus.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
let bus: TestBus;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
  bus = await startTestBus();
});
beforeEach(async () => {
  await database.sql`truncate outbox`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await bus.reset();
});
afterAll(async () => {
  await bus.close();
  await database.close();
  await home.drop();
});

interface Watched {
  broker: Broker;
  /** What was offered, and what became of it, in the order of the calls. */
  offers: { id: string; outcome: string }[];
  /** When each call began. */
  calls: number[];
}

function watched(inner: Broker): Watched {
  const offers: Watched['offers'] = [];
  const calls: number[] = [];
  const publish: Broker['publish'] = async (events, signal) => {
    calls.push(performance.now());
    const outcomes = await inner.publish(events, signal);
    for (const [at, { id }] of events.entries()) offers.push({ id, outcome: outcomes[at]?.outcome ?? 'nothing' });
    return outcomes;
  };
  return { broker: { ...inner, publish }, offers, calls };
}

function relay(broker: Broker): ReturnType<typeof quiet> {
  const tools = quiet();
  open.push(startRelay({ database, broker, ...tools, ...ports }));
  return tools;
}

const isEmpty = async (): Promise<boolean> => (await database.sql`select 1 from outbox`).length === 0;
const figure = ({ metrics }: ReturnType<typeof quiet>, name: string): Promise<string> =>
  metrics.registry.getSingleMetricAsString(name);

/** Two versions of each of ten counters: the first ones go in one call of ten entries. */
const twoOfTen = (): NewEvent[] =>
  Array.from({ length: 10 }, (_, at) => raised({ counter: `counter-${at}` })).flatMap((event) => [
    event,
    raised({ counter: event.aggregateId, version: 2 }),
  ]);

const places = [
  { place: 'the first', entry: 'first', count: 1, probability: 1 },
  { place: 'the last', entry: 'last', count: 1, probability: 1 },
  { place: 'a random three', entry: 'any', count: 3, probability: 0.4 },
] as const;
const codes = ['InternalFailure', 'ThrottlingException'];

test.each(codes.flatMap((code) => places.map((place) => ({ code, ...place }))))(
  'F10 of ten entries $place fail with $code: only those are offered again, and each counter keeps its order',
  async ({ code, entry, count, probability }) => {
    await bus.inject('PutEvents', { kind: 'fail', code, entry }, { count, probability });
    const events = twoOfTen();
    await commitEvents(database, events);
    const { broker, offers } = watched(bus.broker);
    const tools = relay(broker);
    await waitFor(isEmpty);
    const ofEach = Map.groupBy(offers, ({ id }) => id);
    for (const { id } of events) {
      const outcomes = ofEach.get(id)?.map(({ outcome }) => outcome) ?? [];
      expect([outcomes.indexOf('published'), outcomes.at(-1)]).toEqual([outcomes.length - 1, 'published']);
    }
    expect(offers.length - events.length).toBe(count);
    const left = offers.filter(({ outcome }) => outcome === 'published').map(({ id }) => id);
    for (const of of Map.groupBy(events, ({ aggregateId }) => aggregateId).values()) {
      expect(left.filter((id) => of.some((event) => event.id === id))).toEqual(of.map(({ id }) => id));
    }
    expect(await bus.count()).toBe(events.length);
    expect(await figure(tools, 'outbox_failed_total')).toContain(`{code="${code}"} ${count}`);
  },
);

test.each(['MalformedDetail', 'NotAuthorizedForDetailTypeException', 'ResourceNotFoundException'])(
  'F11 an entry that the bus refuses with %s is parked and shown, and the others flow',
  async (code) => {
    await bus.inject('PutEvents', { kind: 'fail', code, entry: 'first' }, { count: 1 });
    const events = Array.from({ length: 5 }, () => raised());
    await commitEvents(database, events);
    const { broker, offers } = watched(bus.broker);
    const tools = relay(broker);
    await waitFor(async () => (await bus.count()) === 4);
    await commitEvents(database, [raised(), raised({ counter: events[0]?.aggregateId ?? '', version: 2 })]);
    await waitFor(async () => (await bus.count()) === 5);
    const parked = await database.sql`select id, parked_reason as reason from outbox where parked_reason is not null`;
    expect(parked).toEqual([{ id: events[0]?.id, reason: expect.stringMatching(`^${code}: `) }]);
    expect(offers.filter(({ id }) => id === events[0]?.id)).toHaveLength(1);
    expect(await figure(tools, 'outbox_parked_total')).toContain(`{code="${code}"} 1`);
    // The gauge is read every five seconds, and by a relay that starts.
    const other = relay(broker);
    await waitFor(async () => (await figure(other, 'outbox_parked')).endsWith('outbox_parked 1'));
  },
);

test('F11 for a bus that does not exist events wait, counted and aged, and flow when there is one', async () => {
  const missing = awsBroker({ region: 'us-east-1', endpoint: bus.aws.url, busName: 'not-yet' });
  open.push(missing);
  await commitEvents(database, [raised(), raised()]);
  await database.sql`update outbox set created_at = now() - interval '61 seconds'`;
  const { broker, offers } = watched(missing);
  const tools = relay(broker);
  await waitFor(() => offers.length >= 4);
  expect(new Set(offers.map(({ outcome }) => outcome))).toEqual(new Set(['later']));
  expect(await figure(tools, 'outbox_failed_total')).toMatch(/\{code="UnknownBus"\} \d/);
  await waitFor(async () => (await figure(tools, 'outbox_depth')).includes('outbox_depth 2'));
  expect(Number((await figure(tools, 'outbox_lag_seconds')).split(' ').at(-1))).toBeGreaterThan(60);
  expect(await database.sql`select 1 from outbox where attempts = 0 and parked_reason is null`).toHaveLength(2);
  await bus.aws.events.createEventBus({ Name: 'not-yet' });
  await waitFor(isEmpty);
  expect(offers.filter(({ outcome }) => outcome === 'published')).toHaveLength(2);
});

test('F12 at five calls a second and then none at all the relay asks ever more rarely, no commit waits, and all arrive once', async () => {
  const { broker, offers, calls } = watched(bus.broker);
  await bus.inject('PutEvents', { kind: 'throttle', requestsPerSecond: 5 });
  await commitEvents(
    database,
    Array.from({ length: 100 }, () => raised()),
  );
  relay(broker);
  await waitFor(() => offers.some(({ outcome }) => outcome === 'later'));
  await waitFor(async () => (await bus.count()) > 0);
  await bus.inject('PutEvents', { kind: 'throttle', requestsPerSecond: 0 });
  const arrived = await waitFor(async () => {
    const before = await bus.count();
    const from = calls.length;
    await waitFor(() => calls.length > from + 1);
    return (await bus.count()) === before && before;
  }, 60_000);
  const from = calls.length;
  for (let count = 0; count < 50; count += 1) await commitEvents(database, [raised()]);
  expect(await bus.count()).toBe(arrived);
  await waitFor(() => calls.length >= from + 3, 60_000);
  // From 100 ms each pause is twice the one before, up to five seconds; half of it is random. A timer is never early.
  const pauses = calls.slice(1).map((at, place) => at - (calls[place] ?? 0));
  expect(Math.max(...pauses)).toBeGreaterThan(300);
  expect(offers.every(({ outcome }) => outcome !== 'failed')).toBe(true);
  await bus.reset();
  await commitEvents(database, [raised()]);
  await waitFor(isEmpty, 60_000);
  expect(offers.filter(({ outcome }) => outcome === 'published')).toHaveLength(151);
}, 240_000);
