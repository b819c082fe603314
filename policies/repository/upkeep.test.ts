import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { addOns } from '@millrace/catalog/add-ons.ts';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, test } from 'vitest';
import { readTree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface CustomManager {
  description: string;
  managerFilePatterns: string[];
  matchStrings: string[];
}

describe('Renovate', () => {
  const { customManagers } = JSON.parse(read('renovate.json')) as { customManagers: CustomManager[] };
  const [charts, images, signer] = customManagers;
  const workflows = readTree(root)
    .files.filter(({ path }) => path.startsWith('.github/workflows/'))
    .map(({ text }) => text)
    .join('\n');

  /** What a manager finds in a text, by the names of its groups. */
  const found = (manager: CustomManager | undefined, text: string): Record<string, string>[] =>
    (manager?.matchStrings ?? []).flatMap((pattern) =>
      [...text.matchAll(new RegExp(pattern, 'g'))].map(({ groups }) => ({ ...groups })),
    );

  test('sees the chart of every add-on', () => {
    expect(charts?.managerFilePatterns).toEqual(['catalog/add-ons.ts']);
    const wanted = addOns.map(({ chart }) => ({
      registryUrl: chart.repository,
      depName: chart.name,
      currentValue: chart.version,
    }));
    expect(found(charts, read('catalog/add-ons.ts'))).toEqual(wanted);
  });

  test('sees every image that a workflow runs, with its digest', () => {
    const names = workflows.match(/_IMAGE: /g) ?? [];
    const seen = found(images, workflows);
    expect(names.length).toBeGreaterThan(3);
    expect(seen).toHaveLength(names.length);
    expect(seen).toContainEqual({
      depName: 'moby/buildkit',
      currentValue: expect.stringMatching(/^v\d/) as string,
      currentDigest: expect.stringMatching(/^sha256:/) as string,
    });
  });

  test('sees the program that signs, wherever it is installed', () => {
    const seen = found(signer, workflows);
    expect(seen).toHaveLength(workflows.match(/sigstore\/cosign-installer@/g)?.length ?? 0);
    expect(new Set(seen.map(({ currentValue }) => currentValue)).size).toBe(1);
  });

  test('has rules for files and packages that there are', () => {
    const text = read('renovate.json');
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string> | undefined
    >;
    const known = { ...dependencies, ...optionalDependencies, ...devDependencies };
    const named = [...text.matchAll(/"(node-linux-[a-z0-9]+|@types\/node)"/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !(name in known))).toEqual([]);
    expect(read('images/service.Dockerfile')).toContain('gcr.io/distroless/nodejs24-debian13:');
    expect(text).toContain('"gcr.io/distroless/nodejs24-debian13"');
  });
});

describe('CODEOWNERS', () => {
  const lines = read('.github/CODEOWNERS')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/));

  test('names the owner of each service as the catalog does', () => {
    const owned = lines.filter(([path]) => path?.startsWith('/services/'));
    expect(owned).toEqual(services.map(({ name, owner }) => [`/services/${name}/`, `@millrace/${owner}`]));
  });

  test('names only what there is', () => {
    expect(lines.flatMap(([path = '']) => (path === '*' || existsSync(join(root, path)) ? [] : [path]))).toEqual([]);
  });
});
