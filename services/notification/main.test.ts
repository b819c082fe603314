import { testProgram } from '@millrace/runtime/testing/process-tests.ts';
import { expect } from 'vitest';
import { from } from './testing/people.ts';

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ MAIL_FROM: from }),
  path: '/api/notifications',
  workloads: { api: 401, worker: 404 },
  look: (workload, metrics) => {
    expect(metrics.includes('notification_mails_total{outcome="given-up"} 0')).toBe(workload === 'worker');
  },
  wrong: [
    ['no sender', { MILLRACE_WORKLOAD: 'worker', MAIL_FROM: '' }, 'MAIL_FROM'],
    ['SMTP without a server', { MILLRACE_WORKLOAD: 'worker', MAIL_TRANSPORT: 'smtp' }, 'SMTP_URL: needed when'],
    ['a server that is none', { MILLRACE_WORKLOAD: 'worker', SMTP_URL: 'http://x' }, 'SMTP_URL'],
  ],
});
