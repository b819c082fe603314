import { testProgram } from '@millrace/runtime/testing/process-tests.ts';

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ PRODUCTS_BUCKET: 'dev-millrace-products' }),
  path: '/api/products',
  workloads: { api: 200, worker: 404 },
  wrong: [
    ['no bucket', { MILLRACE_WORKLOAD: 'worker', PRODUCTS_BUCKET: '' }, 'PRODUCTS_BUCKET'],
    ['no time to pay', { MILLRACE_WORKLOAD: 'worker', RESERVATION_MINUTES: '0' }, 'RESERVATION_MINUTES'],
  ],
});
