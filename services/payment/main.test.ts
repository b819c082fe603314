import { testProgram } from '@millrace/runtime/testing/process-tests.ts';
import { webhookKey } from './testing/payments.ts';

testProgram({
  folder: import.meta.dirname,
  settings: () => ({ WEBHOOK_KEY: webhookKey, WEBHOOK_URL: 'http://127.0.0.1:9/api/payments/webhook' }),
  path: '/api/payments',
  workloads: { api: 401, worker: 404 },
  wrong: [
    ['an unknown provider', { MILLRACE_WORKLOAD: 'worker', PAYMENT_PROVIDER: 'stripe' }, 'PAYMENT_PROVIDER'],
    ['a short webhook key', { WEBHOOK_KEY: 'short' }, 'WEBHOOK_KEY'],
    ['a deadline of nothing', { MILLRACE_WORKLOAD: 'worker', CHARGE_DEADLINE_MS: '0' }, 'CHARGE_DEADLINE_MS'],
  ],
});
