import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import { isTransient } from './failure.ts';
import type { TestServer } from './testing/postgres.ts';
import { startTestServer } from './testing/postgres.ts';
import type { TestProxy } from './testing/proxy.ts';
import { startProxy } from './testing/proxy.ts';
import { waitFor } from './testing/wait.ts';

let server: TestServer;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await server.stop();
});

function database(options: { url?: string; poolSize?: number; statementTimeoutMs?: number } = {}): Database {
  const made = openDatabase({ url: server.url, poolSize: 2, applicationName: 'test', ...options });
  open.push(made);
  return made;
}

async function proxied(): Promise<TestProxy> {
  const proxy = await startProxy(server.url);
  open.push(proxy);
  return proxy;
}

const reason = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return { settled: await work };
  } catch (error) {
    return error;
  }
};

test('a transaction whose connection was lost cannot write any more, not even on the next connection', async () => {
  const { sql, db } = database({ poolSize: 1 });
  await sql`create table zombie (n integer)`;
  let attempt: Promise<unknown> = Promise.resolve();
  const outcome = await reason(
    db.transaction(async (tx) => {
      const [row] = await sqlOf(tx)`select pg_backend_pid() as pid`;
      await sqlOf(tx)`insert into zombie values (1)`;
      const other = database();
      await other.sql`select pg_terminate_backend(${row?.pid})`;
      attempt = reason(
        (async () => {
          await waitFor(() => sql`select 1`);
          await sqlOf(tx)`insert into zombie values (2)`;
        })(),
      );
      await attempt;
    }),
  );
  expect(isTransient(outcome)).toBe(true);
  expect(isTransient(await attempt)).toBe(true);
  expect(await sql`select count(*)::int as n from zombie`).toEqual([{ n: 0 }]);
});

test('a transaction that is over takes no more queries, so late work cannot write elsewhere', async () => {
  const { sql, db } = database({ poolSize: 1 });
  await sql`create table late (n integer)`;
  let kept: Parameters<typeof sqlOf>[0] | undefined;
  await db.transaction(async (tx) => {
    kept = tx;
    await sqlOf(tx)`insert into late values (1)`;
  });
  const fault = await reason(Promise.resolve(kept && sqlOf(kept)`insert into late values (2)`));
  expect((fault as { code: string }).code).toBe('TRANSACTION_OVER');
  expect(await sql`select n from late`).toEqual([{ n: 1 }]);
});

test('all connections may be lost at once, again and again', async () => {
  const { sql, db } = database({ poolSize: 4 });
  const other = database({ poolSize: 1 });
  await sql`create table survivors (n integer)`;
  for (let round = 0; round < 20; round += 1) {
    const work = Array.from({ length: 12 }, () =>
      reason(
        db.transaction(async (tx) => {
          await sqlOf(tx)`insert into survivors values (${round})`;
          await sqlOf(tx)`select pg_sleep(0.01)`;
          await sqlOf(tx)`delete from survivors where n = ${round}`;
        }),
      ),
    );
    await other.sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'test'`;
    for (const outcome of await Promise.all(work)) {
      if (outcome instanceof Error) expect(isTransient(outcome)).toBe(true);
    }
  }
  // A connection may hear only now that it was ended.
  const counted = await waitFor(() => sql`select count(*)::int as n from survivors`);
  expect(counted).toEqual([{ n: 0 }]);
});

test('a connection that swallows bytes is given up within the deadline and replaced', async () => {
  const proxy = await proxied();
  const { sql } = database({ url: proxy.url, poolSize: 1, statementTimeoutMs: 300 });
  await sql`select 1`;
  proxy.freeze();
  const began = performance.now();
  expect(isTransient(await reason(sql`select 2`))).toBe(true);
  expect(isTransient(await reason(sql.begin((tx) => tx`select 2`)))).toBe(true);
  // Each is given up after 1.3 seconds, or 5 where it waits for a new connection; without that they would never end.
  expect(performance.now() - began).toBeLessThan(30_000);
  proxy.thaw();
  expect(await waitFor(() => sql`select 3 as n`)).toEqual([{ n: 3 }]);
});

test('F9 a lost answer to COMMIT is a passing failure and the row is there', async () => {
  const proxy = await proxied();
  const { sql } = database({ url: proxy.url, poolSize: 1, statementTimeoutMs: 1_000 });
  const other = database();
  await other.sql`create table ambiguous (n integer)`;
  await sql`select 1`;
  proxy.freezeAnswersTo('commit');
  const outcome = await reason(sql.begin((tx) => tx`insert into ambiguous values (1)`));
  expect(isTransient(outcome)).toBe(true);
  const rows = await waitFor(async () => {
    const found = await other.sql`select n from ambiguous`;
    return found.length > 0 && found;
  });
  expect(rows).toEqual([{ n: 1 }]);
});

test('a server that closes during start-up is a passing failure, not a wait for ever', async () => {
  const closer = createServer((socket) => socket.on('data', () => socket.end()));
  await new Promise<void>((resolve) => {
    closer.listen(0, '127.0.0.1', resolve);
  });
  const { sql } = database({ url: `postgres://a:b@127.0.0.1:${(closer.address() as { port: number }).port}/c` });
  const began = performance.now();
  expect(isTransient(await reason(sql`select 1`))).toBe(true);
  expect(isTransient(await reason(sql.begin((tx) => tx`select 1`)))).toBe(true);
  expect(performance.now() - began).toBeLessThan(30_000);
  closer.close();
});

test('nobody waits for a free connection longer than the deadline', async () => {
  const { sql } = database({ poolSize: 1, statementTimeoutMs: 20_000 });
  const long = reason(sql`select pg_sleep(6)`);
  const fault = await reason(sql`select 1`);
  expect((fault as { code: string }).code).toBe('CONNECTION_DEADLINE');
  await long;
});

test('closing ends within its bound while a query still runs, and refuses what comes later', async () => {
  const { sql, close } = database({ statementTimeoutMs: 20_000 });
  const long = reason(sql`select pg_sleep(20)`);
  await waitFor(
    async () =>
      (
        await database()
          .sql`select 1 from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid()`
      ).length,
  );
  const began = performance.now();
  await close();
  // It is to end within five seconds, and the query only after 20.
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(isTransient(await long)).toBe(true);
  expect(((await reason(sql`select 1`)) as { code: string }).code).toBe('CONNECTION_ENDED');
});

test('notifications come again after the connection was lost, with a hint to look what was missed', async () => {
  const { sql, listen } = database();
  const heard: string[] = [];
  let connects = 0;
  await listen(
    'spoken',
    (payload) => heard.push(payload),
    () => {
      connects += 1;
    },
  );
  await waitFor(() => connects === 1);
  await sql`select pg_notify('spoken', 'one')`;
  await waitFor(() => heard.length === 1);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and pid <> pg_backend_pid()`;
  await waitFor(() => connects === 2);
  await sql`select pg_notify('spoken', 'two')`;
  await waitFor(() => heard.length === 2);
  expect(heard).toEqual(['one', 'two']);
});

test('everything works again after the server was killed and restarted, in the same process', async () => {
  const { sql, isReady, listen } = database({ poolSize: 4 });
  let connects = 0;
  await listen(
    'again',
    () => undefined,
    () => {
      connects += 1;
    },
  );
  await waitFor(() => connects === 1);
  for (let round = 0; round < 3; round += 1) {
    const before = connects;
    const running = Array.from({ length: 20 }, () => reason(sql.begin((tx) => tx`select pg_sleep(0.2)`)));
    await server.kill();
    for (const outcome of await Promise.all(running))
      if (outcome instanceof Error) expect(isTransient(outcome)).toBe(true);
    expect(isTransient(await reason(isReady()))).toBe(true);
    await server.start();
    await waitFor(() => isReady().then(() => true));
    await Promise.all(Array.from({ length: 20 }, () => sql`select 1`));
    await waitFor(() => connects > before);
  }
}, 180_000);
