import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const secretsFile = z.record(z.string(), z.string().min(16));
const secretBytes = 24;

/** Random words of a folder, by name: made once, kept for the next start, readable by this user only. */
export function readSecrets<Name extends string>(folder: string, names: readonly Name[]): Record<Name, string> {
  const path = join(folder, 'secrets.json');
  const known = existsSync(path) ? secretsFile.parse(JSON.parse(readFileSync(path, 'utf8'))) : {};
  const own = names.map((name): [Name, string] => [name, known[name] ?? randomBytes(secretBytes).toString('hex')]);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path, JSON.stringify({ ...known, ...Object.fromEntries(own) }), { mode: 0o600 });
  return Object.fromEntries(own) as Record<Name, string>;
}
