import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';

let home: TestDatabase;
let folder: string;
let sql: postgres.Sql;

beforeAll(async () => {
  home = await createTestDatabase();
  sql = postgres(home.url, { max: 2, onnotice: () => undefined });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await sql`drop schema public cascade`;
  await sql`create schema public`;
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await home.drop();
});

const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const run = (more: { messaging?: boolean } = { messaging: false }): Promise<string[]> =>
  migrate({ url: home.url, folder, ...more });
const rows = (): Promise<unknown[]> => sql`select n from thing order by n`.then((found) => [...found]);

test('files are applied in the order of their numbers, once', async () => {
  await put('0002_fill_thing.sql', 'insert into thing values (1); insert into thing values (2);');
  await put('0001_create_thing.sql', 'create table thing (n integer);');
  await put('README.md', 'not a migration');
  expect(await run()).toEqual(['0001_create_thing.sql', '0002_fill_thing.sql']);
  expect(await run()).toEqual([]);
  expect(await rows()).toEqual([{ n: 1 }, { n: 2 }]);
  await put('0003_fill_more.sql', 'insert into thing values (3)');
  expect(await run()).toEqual(['0003_fill_more.sql']);
});

test('the outbox and the inbox come first', async () => {
  await put('0001_watch_outbox.sql', 'create index watched on outbox (type);');
  expect(await run({})).toEqual([
    'runtime/0001_create_outbox_and_inbox.sql',
    'runtime/0002_create_idempotency_key.sql',
    '0001_watch_outbox.sql',
  ]);
});

test('two runs at once apply each file once', async () => {
  await put('0001_create_thing.sql', 'create table thing (n integer); select pg_sleep(0.2);');
  await put('0002_fill_thing.sql', 'insert into thing values (1);');
  const applied = await Promise.all([run(), run(), run()]);
  expect(applied.flat().sort()).toEqual(['0001_create_thing.sql', '0002_fill_thing.sql']);
  expect(await rows()).toEqual([{ n: 1 }]);
});

test('a file that fails leaves nothing of itself, and the run can be repeated when it is mended', async () => {
  await put('0001_create_thing.sql', 'create table thing (n integer);');
  await put('0002_fill_thing.sql', 'insert into thing values (1); insert into nothing values (1);');
  await expect(run()).rejects.toThrow('0002_fill_thing.sql');
  expect(await rows()).toEqual([]);
  await put('0002_fill_thing.sql', 'insert into thing values (1);');
  expect(await run()).toEqual(['0002_fill_thing.sql']);
});

test('a file that was edited after it had been applied is refused', async () => {
  await put('0001_create_thing.sql', 'create table thing (n integer);');
  await run();
  await put('0001_create_thing.sql', 'create table thing (n bigint);');
  await expect(run()).rejects.toThrow('0001_create_thing.sql: Error: it was edited');
});

test('a file that is named otherwise is refused before anything is applied', async () => {
  await put('0001_create_thing.sql', 'create table thing (n integer);');
  await put('2_more.sql', 'select 1;');
  await expect(run()).rejects.toThrow('2_more.sql: name it like');
  await expect(rows()).rejects.toThrow('thing');
});

test('a table in use is waited for in short turns, so that its users are not held up', async () => {
  await put('0001_create_thing.sql', 'create table thing (n integer);');
  await run();
  await put('0002_widen_thing.sql', 'alter table thing alter n type bigint;');
  let migration: Promise<string[]> = Promise.resolve([]);
  await sql.begin(async (tx) => {
    await tx`insert into thing values (1)`;
    migration = run();
    await tx`select pg_sleep(2.3)`;
  });
  expect(await migration).toEqual(['0002_widen_thing.sql']);
});
