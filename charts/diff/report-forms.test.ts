import { describe, expect, it } from 'vitest';
import { alikeChanges, alikeFindings, byNamespace } from './alike-changes.ts';
import { headlines } from './diff-counts.ts';
import { diffJson } from './diff-json.ts';
import { diffMarkdown } from './diff-markdown.ts';
import type { DiffReport, EnvironmentDiff } from './diff-report.ts';
import { diffText, fieldLine, paintFor } from './diff-text.ts';

const quiet: EnvironmentDiff = {
  name: 'dev',
  deleted: [],
  changed: [],
  added: [],
  restarts: [],
  widened: [],
  releases: [],
  cost: { services: [], beforeCents: 0, afterCents: 0, beforeMostCents: 0, afterMostCents: 0 },
  policies: { appeared: [], gone: [] },
  notes: [],
};
const report = (environment: Partial<EnvironmentDiff>, more: Partial<DiffReport> = {}): DiffReport => ({
  kind: 'change',
  from: 'a',
  to: 'b',
  contracts: [],
  notes: [],
  environments: [{ ...quiet, ...environment }],
  ...more,
});
const words = (of: DiffReport): string[] => headlines(of).map((line) => line.words);
const field = (path: string, before?: string, after?: string) => ({ path, before, after });

describe('the forms of a report', () => {
  it('nothing is one line, in a change and between environments', () => {
    expect(words(report({}))).toEqual(['nothing changes']);
    expect(words(report({}, { kind: 'environments' }))).toEqual(['nothing differs']);
  });

  it('headlines count, the loud ones first, one thing in the singular', () => {
    const both = report(
      {
        added: ['Service shop/web'],
        deleted: [{ resource: 'Service shop/old', consequence: '' }],
        widened: [{ subject: 'role r', what: 'may x on y' }],
        restarts: [
          { resource: 'Deployment shop/web', pods: 1, how: 'one-by-one', because: ['x'] },
          { resource: 'Deployment shop/stuck', pods: 4, how: 'refused', because: ['spec.selector'] },
        ],
        cost: { ...quiet.cost, beforeCents: 100, afterCents: 50 },
      },
      { contracts: [{ contract: 'A.v1', change: 'deleted', breaks: [{ pointer: '/', reason: 'gone' }] }] },
    );
    expect(words(both)).toEqual([
      '1 deleted',
      '1 event contract breaks',
      '1 widening of access',
      '1 change that the cluster refuses',
      '1 added',
      '1 pod restarts',
      '-0.50 USD a month',
    ]);
    expect(headlines(both).map(({ isLoud }) => isLoud)).toEqual([true, true, true, true, false, false, false]);
    expect(headlines({ ...both, kind: 'environments' })[0]).toEqual({ words: '1 only in a', isLoud: false });
  });

  it('two environments have their title and their counts once, a change has them for each environment', () => {
    const shop = { name: 'dev → staging', added: ['Service shop/web'] };
    const counted = (text: string, word: string): number => text.split(word).length - 1;
    for (const write of [(of: DiffReport) => diffText(of, paintFor(false)), diffMarkdown]) {
      const between = write(report(shop, { kind: 'environments', from: 'dev', to: 'staging' }));
      expect([counted(between, 'dev → staging'), counted(between, '1 only in staging')]).toEqual([
        1,
        write === diffMarkdown ? 2 : 1,
      ]);
      const change = write(report({ ...shop, name: 'prod' }));
      expect(counted(change, 'prod')).toBe(1);
    }
  });

  it('colours are there for a terminal and nowhere else', () => {
    const loud = report({ deleted: [{ resource: 'Service shop/old', consequence: '' }] });
    expect(diffText(loud, paintFor(true))).toContain('\u001b[31mDELETED');
    expect(diffText(loud, paintFor(false))).not.toContain('\u001b');
    expect(diffText(loud, paintFor(true)).replaceAll(/\u001b\[\d+m/g, '')).toBe(diffText(loud, paintFor(false)));
  });

  it('what changes alike is told once, objects added are told by namespace', () => {
    const fields = [field('spec.replicas', '1', '2')];
    const alike = alikeChanges([
      { resource: 'Deployment a/x', fields },
      { resource: 'Deployment b/y', fields },
      { resource: 'Service a/x', fields },
    ]);
    expect(alike.map(({ title }) => title)).toEqual(['2 Deployment: a/x, b/y', 'Service a/x']);
    const finding = { rule: 'F14 one-zone', severity: 'warning', message: 'm' };
    expect(
      alikeFindings([
        { ...finding, object: 'A' },
        { ...finding, object: 'B' },
      ]),
    ).toEqual([{ title: 'warning F14 one-zone A, B', message: 'm' }]);
    expect(byNamespace(['Namespace shop', 'Service shop/web', 'ClusterRole all', 'Job shop/x'])).toEqual([
      'shop: Namespace shop, Service web, Job x',
      '(cluster): ClusterRole all',
    ]);
  });

  it('long values are cut in the middle, line ends are shown', () => {
    expect(fieldLine(field('a', 'x\ny', ''))).toBe('a: x⏎y → ""');
    expect(fieldLine(field('a', undefined, 'y'.repeat(500))).length).toBeLessThan(180);
  });

  it('Markdown keeps what it quotes inside its code, whatever that holds', () => {
    const hostile = report({
      changed: [{ resource: 'ConfigMap shop/x', fields: [field('data', 'x', '```\n</details> @everyone')] }],
      widened: [{ subject: 'a`b', what: 'c' }],
      notes: ['see #1 <b>'],
    });
    const text = diffMarkdown(hostile);
    expect(text).toContain('````text\n~ ConfigMap shop/x');
    expect(text).toContain('- `` a`b `` `c`');
    expect(text).toContain('see \\#1 \\<b\\>');
    expect(text.match(/<details>/g)).toHaveLength(1);
  });

  it('Markdown fits a pull request and says what is left out', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `Service shop/service-number-${index}`);
    const large = report({
      deleted: many.map((resource) => ({ resource, consequence: '' })),
      changed: many.map((resource) => ({ resource, fields: [field('spec.a', resource, 'b')] })),
    });
    const text = diffMarkdown(large);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('- and 2850 more: run `make diff`');
    expect(text).toContain('1 parts are too long for a pull request');
    expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
  });

  it('JSON has the headlines of the text and money in dollars', () => {
    const value = JSON.parse(diffJson(report({ cost: { ...quiet.cost, beforeCents: 1, afterCents: 1802 } }))) as {
      headlines: string[];
      environments: { usdPerMonth: { difference: number } }[];
    };
    expect(value.headlines).toEqual(['+18.01 USD a month']);
    expect(value.environments[0]?.usdPerMonth.difference).toBe(18.01);
  });
});
