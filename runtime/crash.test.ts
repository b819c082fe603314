import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { faultPoints, readFault } from './fault-point.ts';
import { commitEvents, openMessagingDatabase, raised } from './testing/event-fixtures.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';
import { waitFor } from './testing/wait.ts';

let home: TestDatabase;
let database: Database;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  home = await createTestDatabase();
  database = await openMessagingDatabase(home.url);
});
beforeEach(async () => {
  await database.sql`truncate outbox, inbox, effect, test_message, test_published, test_dead_message`;
});
afterEach(async () => {
  await Promise.all([...children].map(kill));
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

type Role = 'relay' | 'consumer';

function start(role: Role, fault?: string): ChildProcess {
  const program = `${import.meta.dirname}/testing/messaging-process.ts`;
  const child = spawn(process.execPath, [program, role, home.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(fault && { MILLRACE_FAULT: fault }) },
  });
  children.add(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const counts = async (): Promise<{
  waiting: number;
  queued: number;
  effects: number;
  distinct: number;
  published: number;
  dead: number;
  inboxed: number;
}> => {
  const [row] = await database.sql`
    select (select count(*) from outbox)::int as waiting, (select count(*) from test_message)::int as queued,
      (select count(*) from effect)::int as effects, (select count(distinct event_id) from effect)::int as distinct,
      (select count(*) from test_published)::int as published, (select count(*) from test_dead_message)::int as dead,
      (select count(*) from inbox where event_id in (select event_id from effect))::int as inboxed`;
  return row as never;
};

/** For what a busy machine may take to start processes and to work off what waits. */
const patienceMs = 120_000;

test.each(faultPoints.map((point) => [point.startsWith('relay') ? 'F2' : 'F4', point] as const))(
  '%s kill -9 at %s loses nothing and doubles nothing',
  async (_row, point) => {
    const [crashing, other]: [Role, Role] = point.startsWith('relay') ? ['relay', 'consumer'] : ['consumer', 'relay'];
    start(other);
    const doomed = start(crashing, `crash@${point}#2`);
    const ended = once(doomed, 'exit');
    const events = Array.from({ length: 100 }, () => raised());
    await commitEvents(database, events);
    expect(await ended).toEqual([null, 'SIGKILL']);
    const again = start(crashing);
    if (again.stdout) await once(again.stdout, 'data');
    await waitFor(async () => {
      const { waiting, queued } = await counts();
      return waiting + queued === 0;
    }, patienceMs);
    const { effects, distinct, published, dead, inboxed } = await counts();
    const all = { effects: 100, distinct: 100, inboxed: 100, dead: 0 };
    expect({ effects, distinct, inboxed, dead }).toEqual(all);
    // At most the two batches that a relay has in hand are published again.
    expect(published - 100).toBeLessThanOrEqual(crashing === 'relay' ? 40 : 0);
  },
  240_000,
);

test('F2 F4 random kills of relays and consumers under load lose nothing and double nothing', async () => {
  const running = new Map<Role, ChildProcess>();
  for (const role of ['relay', 'consumer'] as const) running.set(role, start(role));
  let sent = 0;
  let isDone = false;
  const load = (async () => {
    while (!isDone) {
      await commitEvents(
        database,
        Array.from({ length: 20 }, () => raised()),
      );
      sent += 20;
      await delay(10);
    }
  })();
  for (let round = 0; round < 12; round += 1) {
    await delay(200 + Math.random() * 500);
    const role = round % 2 === 0 ? 'relay' : 'consumer';
    const victim = running.get(role);
    if (victim) await kill(victim);
    running.set(role, start(role));
  }
  isDone = true;
  await load;
  await waitFor(async () => {
    const { waiting, queued } = await counts();
    return waiting + queued === 0;
  }, patienceMs);
  const { effects, distinct, dead } = await counts();
  expect({ effects, distinct, dead }).toEqual({ effects: sent, distinct: sent, dead: 0 });
}, 240_000);

test('a fault is refused outside dev and at a place that does not exist', () => {
  expect(() => readFault('crash@relay:after-publish', 'staging')).toThrow('for dev only');
  expect(() => readFault('crash@relay:lunch', 'dev')).toThrow('relay:before-publish');
  expect(() => readFault('stop@relay:after-publish', 'dev')).toThrow('crash@<point>');
  expect(() => readFault(undefined, 'prod')).not.toThrow();
});
