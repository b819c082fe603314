import { text as column, pgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import { faultText } from './fault-text.ts';
import { createLog } from './log.ts';
import type { TestDatabase } from './testing/postgres.ts';
import { createTestDatabase } from './testing/postgres.ts';

const contact = pgTable('contact', { email: column().notNull(), name: column().notNull() });
const ada = { email: 'ada@example.com', name: 'Ada\n    at Lovelace' };
let home: TestDatabase;
let database: Database;
beforeAll(async () => {
  home = await createTestDatabase();
  database = openDatabase({ url: home.url, applicationName: 'test', poolSize: 2 });
  await database.sql`create table contact (email text not null primary key, name text not null check (name <> 'Bob'))`;
});
afterAll(async () => {
  await database.close();
  await home.drop();
});

/** What a process writes on standard output of a fault. */
function logged(error: unknown): { line: string; fault: Record<string, unknown> } {
  let line = '';
  const keep = (text: string): void => {
    line += text;
  };
  createLog({ name: 'test', level: 'info' }, { write: keep }).error({ err: error }, 'x');
  return { line, fault: (JSON.parse(line) as { err: Record<string, unknown> }).err };
}
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a fault in the log', () => {
  it.each([
    ['a row that is there already', 'contact_pkey', () => database.db.insert(contact).values([ada, ada])],
    ['a row that is refused', 'contact_name_check', () => database.db.insert(contact).values({ ...ada, name: 'Bob' })],
  ])('says what happened to %s and not whose it is', async (_, constraint, work) => {
    const error = await faultOf(work());
    expect(String(error)).toContain(ada.email);
    const { line, fault } = logged(error);
    expect(line).not.toMatch(/ada@example|Lovelace|Bob/);
    expect(fault).toMatchObject({
      message: expect.stringMatching(/^Failed query: insert into "contact"/),
      stack: expect.stringContaining('\n    at '),
      cause: { constraint_name: constraint, code: expect.stringMatching(/^23/) },
    });
    expect(faultText(error)).not.toContain(ada.email);
  });

  it('keeps message, code, causes and the stack of any other', () => {
    const error = new Error('outside', { cause: Object.assign(new TypeError('inside'), { code: 'ECONNRESET' }) });
    const { fault } = logged(error);
    expect(fault).toMatchObject({
      type: 'Error',
      message: 'outside',
      stack: expect.stringMatching(/^Error: outside\n {4}at /),
      cause: { type: 'TypeError', message: 'inside', code: 'ECONNRESET' },
    });
    expect(logged('words').fault).toBe('words');
    const many = Object.assign(new AggregateError([new Error('one')]), { code: 'ECONNREFUSED' });
    expect(logged(many).fault).toMatchObject({
      code: 'ECONNREFUSED',
      stack: expect.stringMatching(/^AggregateError: \n {4}at /),
    });
    const renamed = new Error('before');
    renamed.message = 'after';
    expect(logged(renamed).fault).toMatchObject({ stack: expect.stringMatching(/^Error: after\n {4}at /) });
  });
});
