import { testProgram } from '@millrace/runtime/testing/process-tests.ts';

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ PRODUCT_URL: 'http://127.0.0.1:9' }),
  path: '/api/orders',
  workloads: { api: 401, worker: 404 },
  wrong: [
    ['a deadline of no time', { MILLRACE_WORKLOAD: 'worker', STOCK_DEADLINE_SECONDS: '0' }, 'STOCK_DEADLINE_SECONDS'],
    ['an address of product that is none', { PRODUCT_URL: 'product' }, 'PRODUCT_URL'],
  ],
});
