import { services } from '@millrace/catalog/services.ts';
import { expect, test } from 'vitest';
import type { PlatformFacts } from './platform-plan.ts';
import { planWorkloads, workloadProcess } from './platform-plan.ts';

const facts: PlatformFacts = {
  origin: 'http://localhost:8080',
  gatewayUrl: 'http://127.0.0.1:8080',
  awsUrl: 'http://127.0.0.1:8091',
  smtpUrl: 'smtp://127.0.0.1:8094',
  signingKey: 'k'.repeat(43),
  databases: {},
  cacheDir: '/tmp/cache',
  variables: {},
};
const variablesOf = (name: string, given = facts): Record<string, string | undefined> => {
  const plan = planWorkloads(services).find(({ service }) => service.name === name);
  if (!plan) throw new Error(`there is no ${name}`);
  return workloadProcess(plan, 8101, given).env;
};

test('each service finds its buckets, other services, mail and the webhook under the names that they have in the cloud', () => {
  expect(variablesOf('user')).toMatchObject({ UPLOADS_BUCKET: 'dev-millrace-uploads-111122223333' });
  expect(variablesOf('order')).toMatchObject({ PRODUCT_URL: facts.gatewayUrl });
  expect(variablesOf('payment')).toMatchObject({ WEBHOOK_URL: `${facts.gatewayUrl}/api/payments/webhook` });
  expect(variablesOf('notification')).toMatchObject({
    MAIL_FROM: 'no-reply@dev.millrace.example',
    MAIL_TRANSPORT: 'smtp',
    SMTP_URL: facts.smtpUrl,
  });
  expect(variablesOf('dashboard')).toMatchObject({ ANALYTICS_URL: facts.gatewayUrl, UPLOAD_ORIGIN: facts.awsUrl });
  expect(variablesOf('dashboard')).not.toHaveProperty('SMTP_URL');
});

test('a service has its own secrets and no other, each of its own value, the same at the next start', () => {
  for (const { name, secrets = [] } of services) {
    const found = Object.keys(variablesOf(name)).filter((variable) => /^(SIGNING|WEBHOOK)_KEY$/.test(variable));
    expect(found.sort(), name).toEqual([...secrets].sort());
    for (const secret of secrets) expect(variablesOf(name)[secret]?.length, secret).toBeGreaterThanOrEqual(32);
  }
  const { SIGNING_KEY, WEBHOOK_KEY } = variablesOf('payment');
  expect(WEBHOOK_KEY).not.toBe(SIGNING_KEY);
  expect(variablesOf('payment')).toMatchObject({ SIGNING_KEY, WEBHOOK_KEY });
  expect(variablesOf('payment', { ...facts, signingKey: 'j'.repeat(43) }).WEBHOOK_KEY).not.toBe(WEBHOOK_KEY);
});
