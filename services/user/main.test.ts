import { testProgram } from '@millrace/runtime/testing/process-tests.ts';

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ UPLOADS_BUCKET: 'dev-millrace-uploads' }),
  path: '/api/users/me',
  workloads: { api: 401, worker: 404 },
  wrong: [['no bucket', { MILLRACE_WORKLOAD: 'worker', UPLOADS_BUCKET: '' }, 'UPLOADS_BUCKET']],
});
