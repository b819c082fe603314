import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { bigint, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import { isTransient } from './failure.ts';
import type { TestServer } from './testing/postgres.ts';
import { startTestServer } from './testing/postgres.ts';
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

const reason = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return { settled: await work };
  } catch (error) {
    return error;
  }
};

/** A proxy that can stop passing bytes without closing, as a broken network does. */
async function startProxy(): Promise<{
  url: string;
  freeze(): void;
  thaw(): void;
  freezeAnswersTo(word: string): void;
}> {
  const pairs: [Socket, Socket][] = [];
  let isFrozen = false;
  let lastWord: string | undefined;
  const proxy: Server = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    pairs.push([near, far]);
    near.on('data', (bytes: Buffer) => {
      if (!isFrozen) far.write(bytes);
      if (lastWord && bytes.includes(lastWord)) isFrozen = true;
    });
    near.on('error', () => far.destroy());
    far.on('data', (bytes) => isFrozen || near.write(bytes)).on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(server.url);
  url.port = String((proxy.address() as { port: number }).port);
  const cut = (): void => {
    for (const [near, far] of pairs.splice(0)) {
      near.destroy();
      far.destroy();
    }
  };
  open.push({
    close: async () => {
      cut();
      proxy.close();
    },
  });
  return {
    url: url.href,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
    },
    freezeAnswersTo: (word) => {
      lastWord = word;
    },
  };
}

test('values keep their types through plain queries and through Drizzle', async () => {
  const { sql, db } = database();
  await sql`create table kinds (id uuid primary key, at timestamptz not null, big bigint not null, facts jsonb not null, n integer, names text[])`;
  const table = pgTable('kinds', {
    id: uuid().primaryKey(),
    at: timestamp({ withTimezone: true }).notNull(),
    big: bigint({ mode: 'bigint' }).notNull(),
    facts: jsonb().notNull(),
    n: integer(),
    names: text().array(),
  });
  const at = new Date('2026-03-01T10:00:00.123Z');
  const row = {
    id: '01890000-0000-7000-8000-000000000001',
    at,
    big: -9007199254740993n,
    facts: { a: [1, 'x'] },
    n: 3,
    names: ['a', 'b,"'],
  };
  await db.insert(table).values(row);
  expect(await db.select().from(table)).toEqual([row]);
  const [plain] =
    await sql`select * from kinds where at = ${at} and facts = ${sql.json({ a: [1, 'x'] })} and n = any(${[1, 3]})`;
  expect(plain).toEqual({ ...row, big: '-9007199254740993' });
});

test('a nested transaction of Drizzle rolls back alone', async () => {
  const { sql, db } = database();
  await sql`create table nested (n integer)`;
  await db.transaction(async (tx) => {
    await sqlOf(tx)`insert into nested values (1)`;
    await reason(
      tx.transaction(async (inner) => {
        await sqlOf(inner)`insert into nested values (2)`;
        throw new Error('inner');
      }),
    );
  });
  expect(await sql`select n from nested`).toEqual([{ n: 1 }]);
});

test('a failed transaction leaves nothing and its connection is used again', async () => {
  const { sql } = database({ poolSize: 1 });
  await sql`create table failed (n integer primary key)`;
  const fault = await reason(
    sql.begin(async (tx) => [await tx`insert into failed values (1)`, await tx`insert into failed values (1)`]),
  );
  expect((fault as { code: string }).code).toBe('23505');
  expect(await sql`select count(*)::int as n from failed`).toEqual([{ n: 0 }]);
});

test('a value that cannot be sent fails its own query only', async () => {
  const { sql } = database({ poolSize: 1 });
  const fault = await reason(sql`select ${Symbol('no') as unknown as string}::text`);
  expect(fault).toBeInstanceOf(TypeError);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
});

test('a statement that takes too long is ended by the server', async () => {
  const { sql } = database({ statementTimeoutMs: 200 });
  expect(((await reason(sql`select pg_sleep(5)`)) as { code: string }).code).toBe('57014');
});

test('more callers than connections wait in line and all are served', async () => {
  const { sql } = database({ poolSize: 2 });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => sql`select ${n}::int as n`));
  expect(answers.map((rows) => rows[0]?.['n'])).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test('a transaction whose connection was lost cannot write any more, not even on the next connection', async () => {
  const { sql, db } = database({ poolSize: 1 });
  await sql`create table zombie (n integer)`;
  let attempt: Promise<unknown> = Promise.resolve();
  const outcome = await reason(
    db.transaction(async (tx) => {
      const [row] = await sqlOf(tx)`select pg_backend_pid() as pid`;
      await sqlOf(tx)`insert into zombie values (1)`;
      const other = database();
      await other.sql`select pg_terminate_backend(${row?.['pid']})`;
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
  expect(await sql`select count(*)::int as n from survivors`).toEqual([{ n: 0 }]);
});

test('a connection that swallows bytes is given up within the deadline and replaced', async () => {
  const proxy = await startProxy();
  const { sql } = database({ url: proxy.url, poolSize: 1, statementTimeoutMs: 300 });
  await sql`select 1`;
  proxy.freeze();
  const began = performance.now();
  expect(isTransient(await reason(sql`select 2`))).toBe(true);
  expect(isTransient(await reason(sql.begin((tx) => tx`select 2`)))).toBe(true);
  expect(performance.now() - began).toBeLessThan(4_000);
  proxy.thaw();
  expect(await sql`select 3 as n`).toEqual([{ n: 3 }]);
});

test('a lost answer to COMMIT is a passing failure and the row is there', async () => {
  const proxy = await startProxy();
  const { sql } = database({ url: proxy.url, poolSize: 1, statementTimeoutMs: 300 });
  const other = database();
  await sql`create table ambiguous (n integer)`;
  proxy.freezeAnswersTo('commit');
  const outcome = await reason(sql.begin((tx) => tx`insert into ambiguous values (1)`));
  expect(isTransient(outcome)).toBe(true);
  expect(await other.sql`select n from ambiguous`).toEqual([{ n: 1 }]);
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
  expect(performance.now() - began).toBeLessThan(1_000);
  closer.close();
});

test('nobody waits for a free connection longer than the deadline', async () => {
  const { sql } = database({ poolSize: 1, statementTimeoutMs: 20_000 });
  const long = reason(sql`select pg_sleep(6)`);
  const fault = await reason(sql`select 1`);
  expect((fault as { code: string }).code).toBe('CONNECTION_DEADLINE');
  await long;
}, 15_000);

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
  expect(performance.now() - began).toBeLessThan(6_000);
  expect(isTransient(await long)).toBe(true);
  expect(((await reason(sql`select 1`)) as { code: string }).code).toBe('CONNECTION_ENDED');
}, 15_000);

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
    const running = Array.from({ length: 20 }, () => reason(sql.begin((tx) => tx`select pg_sleep(0.2)`)));
    await server.kill();
    for (const outcome of await Promise.all(running))
      if (outcome instanceof Error) expect(isTransient(outcome)).toBe(true);
    expect(isTransient(await reason(isReady()))).toBe(true);
    await server.start();
    await waitFor(() => isReady().then(() => true), 10_000);
    await Promise.all(Array.from({ length: 20 }, () => sql`select 1`));
  }
  await waitFor(() => connects === 4, 10_000);
}, 60_000);
