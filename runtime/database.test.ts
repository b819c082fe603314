import { bigint, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase, sqlOf } from './database.ts';
import type { TestServer } from './testing/postgres.ts';
import { startTestServer } from './testing/postgres.ts';

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

function database(options: { poolSize?: number; statementTimeoutMs?: number } = {}): Database {
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
  const { sql } = database({ poolSize: 1, statementTimeoutMs: 200 });
  await sql`select 1`;
  expect(((await reason(sql`select pg_sleep(20)`)) as { code: string }).code).toBe('57014');
});

test('more callers than connections wait in line and all are served', async () => {
  const { sql } = database({ poolSize: 2 });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => sql`select ${n}::int as n`));
  expect(answers.map((rows) => rows[0]?.n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test('arrays of every kind go there and come back', async () => {
  const { sql } = database();
  const texts = ['a', '', 'null', 'NULL', '{b}', 'c,d', '"', '\\\\', ' e ', 'line\nbreak', 'ünï 🎉', null];
  const at = new Date('2026-03-01T10:00:00.123Z');
  const [row] = await sql`
    select ${texts}::text[] as texts, ${[1, null, -3]}::int[] as numbers, ${['9007199254740993']}::bigint[] as big,
      ${sql.array([true, false])}::bool[] as truths, ${[at.toISOString()]}::timestamptz[] as times, ${[]}::text[] as none,
      array[[1, 2], [3, 4]] as table, ${['{"a": "x,y"}']}::jsonb[] as facts, array['2026-03-01'::date] as days`;
  expect(row).toEqual({
    texts,
    numbers: [1, null, -3],
    big: ['9007199254740993'],
    truths: [true, false],
    times: [at],
    none: [],
    table: [
      [1, 2],
      [3, 4],
    ],
    facts: [{ a: 'x,y' }],
    days: ['2026-03-01'],
  });
  expect(await sql`select 1 as one where 'b' = any(${sql.array(['a', 'b'])})`).toEqual([{ one: 1 }]);
});
