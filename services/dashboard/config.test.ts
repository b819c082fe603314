import { parseConfig } from '@millrace/runtime/config.ts';
import { expect, it } from 'vitest';
import { dashboardConfig } from './config.ts';

const good = {
  MILLRACE_WORKLOAD: 'api',
  PORT: '8080',
  PUBLIC_URL: 'https://stats.example.com/',
  ANALYTICS_URL: 'http://analytics-api.analytics:8080/',
  USER_URL: 'http://user-api.user:8080',
  PRODUCT_URL: 'http://product-api.product:8080',
  ORDER_URL: 'http://order-api.order:8080',
  PAYMENT_URL: 'http://payment-api.payment:8080',
  NOTIFICATION_URL: 'http://notification-api.notification:8080',
  ISSUER_URL: 'https://cognito-idp.us-east-1.amazonaws.com/pool',
  CLIENT_ID: 'abc',
};

it('takes a complete configuration and cuts what follows the origin', () => {
  const read = parseConfig(dashboardConfig, good);
  expect(read).toMatchObject({
    config: {
      PUBLIC_URL: 'https://stats.example.com',
      ANALYTICS_URL: 'http://analytics-api.analytics:8080',
      UPLOAD_ORIGIN: [],
      LOGIN_SCOPES: 'openid email profile analytics:read analytics:write products:write payments:operate',
    },
  });
});

it.each([
  ['PUBLIC_URL', 'http://stats.example.com'],
  ['ISSUER_URL', 'http://issuer.example.com'],
  ['ISSUER_URL', 'http://localhost.evil.example'],
  ['UPLOAD_ORIGIN', 'http://bucket.example.com'],
])('refuses %s=%s: tokens travel by TLS, or not at all', (name, value) => {
  expect(parseConfig(dashboardConfig, { ...good, [name]: value })).toHaveProperty('problem');
});

it('plain HTTP is for this machine only', () => {
  const local = { ...good, PUBLIC_URL: 'http://localhost:8080', ISSUER_URL: 'http://localhost:8080/local/oidc' };
  expect(parseConfig(dashboardConfig, local)).toHaveProperty('config');
});

it('pictures may come from several buckets, and an origin carries nothing else into a header', () => {
  const read = (origin: string) => parseConfig(dashboardConfig, { ...good, UPLOAD_ORIGIN: origin });
  expect(read('http://127.0.0.1:8091')).toMatchObject({ config: { UPLOAD_ORIGIN: ['http://127.0.0.1:8091'] } });
  expect(read('https://a.s3.us-east-1.amazonaws.com/  https://b.s3.us-east-1.amazonaws.com')).toMatchObject({
    config: { UPLOAD_ORIGIN: ['https://a.s3.us-east-1.amazonaws.com', 'https://b.s3.us-east-1.amazonaws.com'] },
  });
  for (const wrong of ["https://a.example;script-src 'unsafe-inline'", 'https://a;b', '*', 'https://a.example/path']) {
    expect(read(wrong), wrong).toHaveProperty('problem');
  }
});

it.each(['USER_URL', 'PRODUCT_URL', 'ORDER_URL', 'PAYMENT_URL', 'NOTIFICATION_URL'])('%s must be there', (name) => {
  expect(parseConfig(dashboardConfig, { ...good, [name]: undefined })).toHaveProperty('problem');
});
