import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './find-terraform.ts';
import { unknownValues, valueFaults } from './known-values.ts';
import { copySources } from './working-copy.ts';

const terraform = join(repositoryRoot, 'terraform');
const values = readFileSync(join(terraform, 'modules/platform/values.tf'), 'utf8');
const dev = readFileSync(join(terraform, 'environments/dev/main.tf'), 'utf8');

describe('values of an environment', () => {
  it.each(environmentNames)('are known, and the inputs current: %s', (environment) => {
    expect(valueFaults(terraform, environment)).toEqual([]);
  });

  it.each([
    ['is_protected', 'is_protectd', /^eks has no "is_protectd"\. It has version, public_access_cidrs, /],
    ['lock_years', 'lock_year', /^documents has no "lock_year"\. It has lock_years, lock_mode\.$/],
    ['next ', 'nexd ', /^delivery has no "nexd"\./],
    ['nat_zones', 'nat_zone', /^network has no "nat_zone"\./],
  ])('a misspelt one is told: %s', (right, wrong, message) => {
    expect(dev).toContain(right);
    expect(unknownValues(values, dev.replace(right, wrong))[0]).toMatch(message);
  });

  it('an input that the environment does not pass on is told', () => {
    const copy = copySources();
    try {
      const file = join(copy.folder, 'environments/dev/variables.tf');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/^ +cache_user .*\n/m, ''));
      expect(valueFaults(copy.folder, 'dev')).toEqual([
        'terraform/environments/dev/variables.tf: "catalog" is not typed as in modules/platform. Copy it from there.',
      ]);
    } finally {
      copy.remove();
    }
  });

  it('a misspelt one on a line of its own is told', () => {
    const oneLine = '  documents = { lock_years = 7, lock_mod = "COMPLIANCE" }\n';
    expect(unknownValues(values, oneLine)).toEqual(['documents has no "lock_mod". It has lock_years, lock_mode.']);
  });
});
