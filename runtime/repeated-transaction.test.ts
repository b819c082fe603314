import { expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import { inTransaction } from './repeated-transaction.ts';
import { createTestDatabase } from './testing/postgres.ts';

/** Work that the database refuses so often with this SQLSTATE, and then lets through. */
async function afterRefusals(code: string, refusals: number) {
  const home = await createTestDatabase();
  const database: Database = openDatabase({ url: home.url, applicationName: 'test', poolSize: 2 });
  let times = 0;
  try {
    await database.sql`create table written (attempt integer not null)`;
    const result = await inTransaction(database, async (tx) => {
      times += 1;
      await tx.execute(`insert into written values (${times})`);
      if (times <= refusals) await tx.execute(`do $$ begin raise exception 'again' using errcode = '${code}'; end $$`);
      return 'done';
    }).catch((error: unknown) => error);
    const rows = await database.sql<{ attempt: number }[]>`select attempt from written`;
    return { result, times, written: rows.map(({ attempt }) => attempt) };
  } finally {
    await database.close();
    await home.drop();
  }
}

test.each(['40P01', '40001'])(
  'F26 work that %s ended is done again, and what it wrote before is gone',
  async (code) => {
    expect(await afterRefusals(code, 2)).toEqual({ result: 'done', times: 3, written: [3] });
  },
);

test('F26 after three attempts the caller is asked to try again', async () => {
  const { result, times, written } = await afterRefusals('40P01', 3);
  expect(result).toMatchObject({ status: 409, slug: 'conflict', headers: { 'retry-after': '1' } });
  expect({ times, written }).toEqual({ times: 3, written: [] });
});

test('another fault is not repeated', async () => {
  const { result, times } = await afterRefusals('23505', 1);
  expect(result).toBeInstanceOf(Error);
  expect(times).toBe(1);
});
