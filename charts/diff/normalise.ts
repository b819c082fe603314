import type { Environment } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';

/** Facts of an environment that are to be compared, not taken for names of the same thing. */
const compared = new Set([
  'environment',
  'region',
  'cluster.version',
  'edge.sslPolicy',
  'warehouse.database',
  'example',
]);
const shortest = 6;
/** Lists of ids are sorted by the ids, which differ: sorted by what they stand for they compare. */
const namesOnly = /^\{[^{},]+\}(,\{[^{},]+\})+$/;

/**
 * Gives a function that replaces what names an environment by what it stands for, so that two environments compare: its own
 * name, account and domain, and every value of its platform contract, such as `{edge.certificateArn}`.
 */
export function normaliser(environment: Environment, platform: Platform): (value: unknown) => unknown {
  const words = wordsOf(platform, '')
    .filter(([path, word]) => !compared.has(path) && !path.endsWith('.name') && word.length >= shortest)
    .map(([path, word]): [string, string] => [word, `{${path}}`]);
  const facts: [string, string][] = [
    [environment.domain, '{domain}'],
    [environment.account, '{account}'],
  ];
  const known = new Map([...facts, ...words]);
  const replacements = [...known]
    .sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1))
    // Whole words: the log group /millrace/prod is not the beginning of a secret's /millrace/product.
    .map(([word, path]): [RegExp, string] => [new RegExp(`${RegExp.escape(word)}(?![A-Za-z0-9])`, 'g'), path]);
  const name = new RegExp(`(?<![a-z0-9.{-])${environment.name}(?=[-/]|$)`, 'g');
  const text = (value: string): string => {
    if (value === environment.name) return '{env}';
    const plain = replacements
      .reduce((now, [word, path]) => now.replaceAll(word, path), value)
      .replaceAll(name, '{env}');
    return namesOnly.test(plain) ? plain.split(',').sort().join(',') : plain;
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    // A checksum stands for values that are compared themselves.
    const entries = Object.entries(value).map(([key, inner]) => [
      key,
      /-checksum$/.test(key) ? '{checksum}' : walk(inner),
    ]);
    return Object.fromEntries(entries);
  };
  return walk;
}

function wordsOf(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => wordsOf(inner, path ? `${path}.${key}` : key));
}
