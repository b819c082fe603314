import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawSqlPlaces } from './rules/language.ts';
import { rulesFor } from './rules.ts';
import { isTypeScript, readTree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');
const tree = readTree(root);

/** Raise them as the repository grows: a check that sees nothing passes too. */
const atLeast = { packages: 10, typeScriptFiles: 250, tests: 40, imports: 900 };

/** The first test that reads syntax reads all of it. */
const testMs = 300_000;

describe('the repository is tidy', { timeout: testMs }, () => {
  for (const rule of rulesFor(root)) {
    test(rule.name, () => {
      expect(rule.check(tree).map(({ path, line, message }) => `${path}:${line} ${message}`)).toEqual([]);
    });
  }

  test('the checks see every package', () => {
    const folders = tree.packages.map(({ folder }) => folder);
    expect(folders).toEqual(
      expect.arrayContaining(['', 'catalog', 'runtime', 'local', 'services/analytics', 'services/dashboard']),
    );
    expect(folders.length).toBeGreaterThanOrEqual(atLeast.packages);
  });

  test('the checks see enough files, tests and imports', () => {
    const files = tree.files.filter(isTypeScript);
    const imports = files.flatMap((file) => file.syntax().imports);
    expect(files.length).toBeGreaterThanOrEqual(atLeast.typeScriptFiles);
    expect(files.filter(({ path }) => path.includes('.test.ts')).length).toBeGreaterThanOrEqual(atLeast.tests);
    expect(imports.length).toBeGreaterThanOrEqual(atLeast.imports);
  });

  test('every exception from the rule on raw SQL is still a file', () => {
    expect(Object.keys(rawSqlPlaces).filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
  });
});
