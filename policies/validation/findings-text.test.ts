import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { findingsText } from './findings-text.ts';

const finding = (of: Partial<Finding>): Finding => ({
  environment: 'staging',
  part: 'fargate',
  severity: 'warning',
  file: 'a.yaml',
  line: 2,
  rule: 'F14',
  object: 'Deployment shop/a',
  message: 'has 2 replicas.',
  ...of,
});

describe('findings for a person', () => {
  it('one alone stands in one line with its file', () => {
    expect(findingsText([finding({})], ['dev', 'staging'])).toBe(
      'staging, Fargate:\n  a.yaml:2: F14 (warning) Deployment shop/a: has 2 replicas.\n',
    );
    expect(findingsText([finding({ severity: 'error', object: '' })], ['staging'])).toContain(
      '  a.yaml:2: F14 has 2 replicas.\n',
    );
  });

  it('the same words of one rule are said once, with every file', () => {
    const all = [
      finding({}),
      finding({ file: 'b.yaml', line: 7, object: '' }),
      finding({ file: 'c.yaml', message: 'has 3 replicas.' }),
      finding({ file: 'd.yaml', rule: 'F15' }),
      finding({ file: 'e.yaml', severity: 'error' }),
      finding({ file: 'f.yaml', environment: 'prod' }),
    ];
    expect(findingsText(all, ['staging', 'prod'])).toBe(
      [
        'staging, Fargate:',
        '  F14 (warning) 2 times: has 2 replicas.',
        '    a.yaml:2: Deployment shop/a',
        '    b.yaml:7',
        '  c.yaml:2: F14 (warning) Deployment shop/a: has 3 replicas.',
        '  d.yaml:2: F15 (warning) Deployment shop/a: has 2 replicas.',
        '  e.yaml:2: F14 Deployment shop/a: has 2 replicas.',
        'prod, Fargate:',
        '  f.yaml:2: F14 (warning) Deployment shop/a: has 2 replicas.',
        '',
      ].join('\n'),
    );
  });
});
