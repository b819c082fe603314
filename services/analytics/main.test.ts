import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { testProgram } from '@millrace/runtime/testing/process-tests.ts';
import { afterAll, beforeAll } from 'vitest';

let warehouse: TestDatabase;
beforeAll(async () => {
  warehouse = await createTestDatabase();
});
afterAll(() => warehouse.drop());

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ WAREHOUSE_URL: warehouse.url }),
  path: '/t.js',
  workloads: { api: 200, relay: 404, processor: 404, loader: 404 },
  wrong: [['a warehouse that is none', { MILLRACE_WORKLOAD: 'loader', WAREHOUSE_URL: 'http://x' }, 'WAREHOUSE_URL']],
});
