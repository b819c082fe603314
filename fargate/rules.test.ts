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
  Object.fromEntries(filesOf(rule, outcome).map((name) => [name, reportersOf(rule, { name, rules })]));

const forEachFile = (rule: Rule, outcome: Outcome, titles: string[]): Record<string, string[]> =>
  Object.fromEntries(filesOf(rule, outcome).map((name) => [name, titles]));

function reportersOf(rule: Rule, from: { name: string; rules: readonly Rule[] }): string[] {
  const { name, rules } = from;
  const file = join(folder, titleOf(rule), name);
  const { manifests, unreadable } = readText(readFileSync(file, 'utf8'), file);
  const options: FargateOptions = { clusterSecurityGroup, rules, unreadable, ...profilesOf(rule, name) };
  const { findings } = checkFargate(manifests, options);
  expect(manifests.length).toBeGreaterThan(0);
  return [...new Set(findings.map((finding) => `${finding.rule}-${finding.name}`))];
}

/** `fail-none.profiles.yaml` for `fail-none.yaml`, else `fail.profiles.yaml` for all that fail. */
function profilesOf(rule: Rule, name: string): Pick<FargateOptions, 'profiles'> {
  const stems = [name.replace('.yaml', ''), name.slice(0, 4)];
  const file = stems.map((stem) => join(folder, titleOf(rule), `${stem}.profiles.yaml`)).find(existsSync);
  if (!file) return {};
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

  it('say these things', async () => {
    const lines = allRules.flatMap((rule) =>
      filesOf(rule, 'fail').flatMap((name) => {
        const { manifests } = readText(readFileSync(join(folder, titleOf(rule), name), 'utf8'), name);
        const { findings } = checkFargate(manifests, {
          clusterSecurityGroup,
          rules: [rule],
          ...profilesOf(rule, name),
        });
        return findings.map(
          ({ severity, object, message, fix }) =>
            `${titleOf(rule)} ${name} ${severity}: ${object}\n  ${message}\n  Fix: ${fix}\n`,
        );
      }),
    );
    await expect(lines.join('')).toMatchFileSnapshot('fixtures/what-rules-say.txt');
  });

  it('take a required affinity for what it is: a demand on the node', () => {
    const demand = (operator: string, value: string): string[] => {
      const expression = `{key: kubernetes.io/arch, operator: ${operator}, values: [${value}]}`;
      const affinity = `{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [${expression}]}]}}}`;
      const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {affinity: ${affinity}}\n`;
      return checkFargate(readText(text, 'x.yaml').manifests).findings.map(({ name }) => name);
    };
    expect(demand('In', 'arm64')).toContain('arm64');
    expect(demand('In', 'amd64')).not.toContain('arm64');
    expect(demand('NotIn', 'arm64')).not.toContain('arm64');
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
