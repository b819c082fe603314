import { shapesInCode, shapesInDatabase } from '@millrace/runtime/testing/schema-shape.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from './schema.ts';
import type { HotDatabase } from './testing/hot-database.ts';
import { createHotDatabase } from './testing/hot-database.ts';

let database: HotDatabase;
beforeAll(async () => {
  database = await createHotDatabase();
});
afterAll(async () => {
  await database.drop();
});

test('the migrations made the tables, keys, indexes and checks that the code believes in, and no other', async () => {
  expect(await shapesInDatabase(database.sql)).toEqual(shapesInCode(schema));
});

test('a column that only the database has is seen', async () => {
  await database.sql`alter table site add column extra text`;
  expect(await shapesInDatabase(database.sql)).not.toEqual(shapesInCode(schema));
  await database.sql`alter table site drop column extra`;
  expect(await shapesInDatabase(database.sql)).toEqual(shapesInCode(schema));
});
