import { environments } from '@millrace/catalog/environments.ts';
import type { Built } from './built.ts';

/** What AWS makes up: names of resources, fingerprints, passwords. */
const madeUp: readonly [RegExp, string][] = [
  [/\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,64})\b/g, '{id}'],
  [/\b([a-z]{1,12})-[0-9a-f]{8,17}\b/g, '$1-{id}'],
  [/\b[0-9a-f]{8}(?=\.[\w-]+\.[a-z]{2}-)/g, '{id}'],
  [/\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8,15}\b/g, '{id}'],
  [/\b[A-Z0-9]{13,40}\b/g, '{id}'],
];
/** Values that say nothing of their own: they are repeated elsewhere, or made up whole. */
const silent = new Set([
  'id',
  'arn',
  'tags_all',
  'result',
  'bcrypt_hash',
  'input',
  'rotation_id',
  'unique_id',
  'etag',
  'certificate_authority',
  'domain_validation_options',
  'validation_record_fqdns',
  'dkim_signing_attributes',
]);

/** Every resource by its address, in words that are the same in two environments where they mean the same. */
export function comparable(built: Built): Record<string, unknown> {
  const same = normaliser(built);
  const entries = built.resources.map(({ address, values }) => [
    same(address.replace(/^module\.platform\.module\./, '')),
    plain(values, same),
  ]);
  return Object.fromEntries(entries);
}

function normaliser({ environment }: Built): (text: string) => string {
  const { account, domain, name } = environments[environment];
  const ownName = new RegExp(`(?<![A-Za-z0-9.])${name}(?![A-Za-z0-9]|-[a-z]+-[a-z]+-\\d-starport|-registry-)`, 'g');
  return (text) => {
    const own = text.replaceAll(domain, '{domain}').replaceAll(account, '{account}').replaceAll(ownName, '{env}');
    return madeUp.reduce((now, [pattern, word]) => now.replaceAll(pattern, word), own);
  };
}

/** Without what is not set; texts that are JSON opened, so that one word in a policy is one difference. */
function plain(value: unknown, same: (text: string) => string): unknown {
  if (typeof value === 'string') {
    const opened = /^\s*[{[]/.test(value) ? jsonIn(value) : undefined;
    return opened === undefined ? same(value) : plain(opened, same);
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, same));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, item]) => !silent.has(key) && item !== null && JSON.stringify(item) !== '[]')
    .map(([key, item]) => [same(key), plain(item, same)]);
  return Object.fromEntries(entries);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
