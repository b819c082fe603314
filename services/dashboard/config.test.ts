import { parseConfig } from '@millrace/runtime/config.ts';
import { expect, it } from 'vitest';
import { dashboardConfig } from './config.ts';

const good = {
  MILLRACE_WORKLOAD: 'api',
  PORT: '8080',
  PUBLIC_URL: 'https://stats.example.com/',
  API_URL: 'http://analytics-api.analytics:8080/',
  ISSUER_URL: 'https://cognito-idp.us-east-1.amazonaws.com/pool',
  CLIENT_ID: 'abc',
};

it('takes a complete configuration and cuts what follows the origin', () => {
  const read = parseConfig(dashboardConfig, good);
  expect(read).toMatchObject({
    config: { PUBLIC_URL: 'https://stats.example.com', API_URL: 'http://analytics-api.analytics:8080' },
  });
});

it.each([
  ['PUBLIC_URL', 'http://stats.example.com'],
  ['ISSUER_URL', 'http://issuer.example.com'],
  ['ISSUER_URL', 'http://localhost.evil.example'],
])('refuses %s=%s: tokens travel by TLS, or not at all', (name, value) => {
  expect(parseConfig(dashboardConfig, { ...good, [name]: value })).toHaveProperty('problem');
});

it('plain HTTP is for this machine only', () => {
  const local = { ...good, PUBLIC_URL: 'http://localhost:8080', ISSUER_URL: 'http://localhost:8080/local/oidc' };
  expect(parseConfig(dashboardConfig, local)).toHaveProperty('config');
});
