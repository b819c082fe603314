import { shapesInCode, shapesInDatabase } from '@millrace/runtime/testing/schema-shape.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from './schema.ts';
import type { PaymentService } from './testing/payments.ts';
import { openPayments } from './testing/payments.ts';

let database: PaymentService;
beforeAll(async () => {
  database = await openPayments();
});
afterAll(async () => {
  await database.close();
});

test('the migrations made the tables, keys, indexes and checks that the code believes in, and no other', async () => {
  expect(await shapesInDatabase(database.sql)).toEqual(shapesInCode(schema));
});

test('a column that only the database has is seen', async () => {
  await database.sql`alter table payment add column extra text`;
  expect(await shapesInDatabase(database.sql)).not.toEqual(shapesInCode(schema));
  await database.sql`alter table payment drop column extra`;
  expect(await shapesInDatabase(database.sql)).toEqual(shapesInCode(schema));
});
