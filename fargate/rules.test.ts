import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allRules } from './all-rules.ts';
import type { FargateOptions } from './check.ts';
import { checkFargate } from './check.ts';
import { readProfiles } from './profiles.ts';
import { readText } from './read-manifests.ts';
import type { Rule } from './rule.ts';

const folder = join(import.meta.dirname, 'fixtures/rules');
const clusterSecurityGroup = 'sg-0c1a57e2000000000';
const titleOf = ({ id, name }: Pick<Rule, 'id' | 'name'>): string => `${id}-${name}`;

type Outcome = 'pass' | 'fail';

/** `pass.yaml`, and others such as `pass-with-sidecar.yaml`. */
const filesOf = (rule: Rule, outcome: Outcome): string[] =>
  readdirSync(join(folder, titleOf(rule))).filter(
    (name) => name.startsWith(outcome) && name.endsWith('.yaml') && !name.endsWith('.profiles.yaml'),
  );

/** The rules that report each fixture. They are written so that one rule at most has to say something. */
const reporters = (rule: Rule, outcome: Outcome, rules: readonly Rule[] = allRules): Record<string, string[]> =>
  Object.fromEntries(filesOf(rule, outcome).map((name) => [name, reportersOf(rule, { outcome, name, rules })]));

const forEachFile = (rule: Rule, outcome: Outcome, titles: string[]): Record<string, string[]> =>
  Object.fromEntries(filesOf(rule, outcome).map((name) => [name, titles]));

function reportersOf(rule: Rule, from: { outcome: Outcome; name: string; rules: readonly Rule[] }): string[] {
  const { outcome, name, rules } = from;
  const file = join(folder, titleOf(rule), name);
  const { manifests, unreadable } = readText(readFileSync(file, 'utf8'), file);
  const options: FargateOptions = { clusterSecurityGroup, rules, unreadable, ...profilesOf(rule, outcome) };
  const { findings } = checkFargate(manifests, options);
  expect(manifests.length).toBeGreaterThan(0);
  return [...new Set(findings.map((finding) => `${finding.rule}-${finding.name}`))];
}

function profilesOf(rule: Rule, outcome: Outcome): Pick<FargateOptions, 'profiles'> {
  const file = join(folder, titleOf(rule), `${outcome}.profiles.yaml`);
  if (!existsSync(file)) return {};
  const read = readProfiles(readFileSync(file, 'utf8'));
  if (read.outcome === 'refused') throw new Error(read.message);
  return { profiles: read.profiles };
}

describe('rules of Fargate', () => {
  it('have a folder of fixtures each, and every folder a rule', () => {
    expect(allRules.map(titleOf).sort()).toEqual(readdirSync(folder).sort());
  });

  it('cover every fact that a manifest can break', () => {
    // F10 is about subnets, which no manifest shows; F30 is a count of pods. Terraform and the cost report have them.
    const numbers = Array.from({ length: 30 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`);
    const ruled = new Set(allRules.map(({ id }) => id));
    expect(numbers.filter((number) => !ruled.has(number))).toEqual(['F10', 'F30']);
  });

  describe.each(allRules.map((rule) => [titleOf(rule), rule] as const))('%s', (title, rule) => {
    it('finds nothing in what passes', () => {
      expect(reporters(rule, 'pass')).toEqual(forEachFile(rule, 'pass', []));
      expect(filesOf(rule, 'pass')).toContain('pass.yaml');
    });

    it('is the rule that reports what fails', () => {
      expect(reporters(rule, 'fail')).toEqual(forEachFile(rule, 'fail', [title]));
      expect(filesOf(rule, 'fail')).toContain('fail.yaml');
    });

    it('is needed: without it nobody reports what fails', () => {
      const weakened = allRules.map((each) => (each === rule ? { ...each, check: () => [] } : each));
      expect(reporters(rule, 'fail', weakened)).toEqual(forEachFile(rule, 'fail', []));
    });

    it('says what to write instead', () => {
      const file = join(folder, title, 'fail.yaml');
      const { manifests } = readText(readFileSync(file, 'utf8'), file);
      const { findings } = checkFargate(manifests, {
        clusterSecurityGroup,
        rules: [rule],
        ...profilesOf(rule, 'fail'),
      });
      for (const { message, fix, source } of findings) {
        expect(message.length).toBeGreaterThan(10);
        expect(fix.length).toBeGreaterThan(10);
        expect(source).not.toBe('');
      }
    });
  });
});
