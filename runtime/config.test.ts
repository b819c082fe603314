import { describe, expect, it } from 'vitest';
import { databaseConfig, parseConfig, serviceConfig } from './config.ts';

const schema = serviceConfig.extend(databaseConfig.shape);
const right = { MILLRACE_WORKLOAD: 'api', PORT: '8081', DATABASE_URL: 'postgres://localhost/x', PATH: '/bin' };

describe('the configuration', () => {
  it('takes what the schema names and fills in the rest', () => {
    expect(parseConfig(schema, right)).toEqual({
      config: {
        MILLRACE_ENVIRONMENT: 'dev',
        MILLRACE_WORKLOAD: 'api',
        HOST: '0.0.0.0',
        PORT: 8081,
        LOG_LEVEL: 'info',
        DATABASE_URL: 'postgres://localhost/x',
        DATABASE_IAM: false,
      },
    });
  });

  it.each([
    ['a setting that nobody knows', { ...right, MILLRACE_WORKLAOD: 'api' }, 'MILLRACE_WORKLAOD is not a setting'],
    ['a missing one', { ...right, DATABASE_URL: '' }, 'DATABASE_URL'],
    ['a wrong port', { ...right, PORT: '70000' }, 'PORT'],
    ['a database that is none', { ...right, DATABASE_URL: 'http://x' }, 'DATABASE_URL'],
  ])('refuses %s in one line', (_, variables, words) => {
    const result = parseConfig(schema, variables);
    expect('problem' in result && result.problem).toContain(words);
    expect('problem' in result && result.problem).not.toContain('\n');
  });
});
