import { describe, expect, test } from 'vitest';
import { fixtures } from './refusals.ts';
import { rulesFor } from './rules.ts';
import { treeOf } from './tree.ts';

// Built, so that this file does not hold the path of a machine itself.
const checkout = ['', 'opt', 'work', 'millrace'].join('/');
const rules = rulesFor(checkout);

test('every rule has a fixture, and every fixture a rule', () => {
  expect(Object.keys(fixtures).sort()).toEqual(rules.map(({ name }) => name).sort());
});

describe.each(rules)('$name', (rule) => {
  const fixture = fixtures[rule.name];

  test('is broken by each case that must be refused, in its last file', () => {
    const refused = fixture?.refused ?? [];
    const found = refused.map((texts) => rule.check(treeOf(texts)).map(({ path }) => path));
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(refused.map((texts) => [Object.keys(texts).at(-1)]));
  });

  test('is kept by the case that must be accepted', () => {
    expect(rule.check(treeOf(fixture?.accepted ?? {}))).toEqual([]);
  });
});

test('a breach says the file, the line and how to mend it', () => {
  const tree = treeOf({ 'services/order/order.ts': 'const one = 1;\n\nexport default one;\n' });
  expect(rules.flatMap((rule) => rule.check(tree))).toEqual([
    { path: 'services/order/order.ts', line: 3, message: 'export it by its name' },
  ]);
});
