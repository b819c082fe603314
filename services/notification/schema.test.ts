import { shapesInCode, shapesInDatabase } from '@millrace/runtime/testing/schema-shape.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schema from './schema.ts';
import type { NotificationService } from './testing/people.ts';
import { openNotification } from './testing/people.ts';

let service: NotificationService;
beforeAll(async () => {
  service = await openNotification();
});
afterAll(() => service.close());

test('the migrations made the tables, keys, indexes and checks that the code believes in, and no other', async () => {
  expect(await shapesInDatabase(service.sql)).toEqual(shapesInCode(schema));
});

test('a column that only the database has is seen', async () => {
  await service.sql`alter table notice add column extra text`;
  expect(await shapesInDatabase(service.sql)).not.toEqual(shapesInCode(schema));
  await service.sql`alter table notice drop column extra`;
  expect(await shapesInDatabase(service.sql)).toEqual(shapesInCode(schema));
});
