import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from './compatibility.ts';
import { allContracts, contractFaults, contractFile, publishedContract } from './contracts.ts';

const usage = `Usage: node catalog/publish.ts [--check]

Writes catalog/published/<Event>.v<version>.json, the JSON Schema of every event.
Refuses a change that breaks readers without a new major version.
  --check   write nothing; exit code 4 when a file is missing or not current
Exit codes: 0 done, 2 wrong usage, 3 a change that breaks readers, 4 not current.
`;

const folder = join(import.meta.dirname, 'published');

function main(options: readonly string[]): number {
  const unknown = options.find((option) => option !== '--check' && option !== '--help');
  if (unknown || options.includes('--help')) {
    (unknown ? process.stderr : process.stdout).write(usage);
    return unknown ? 2 : 0;
  }
  const files = allContracts().map((contract) => {
    const path = join(folder, contractFile(contract));
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    const after = `${JSON.stringify(publishedContract(contract), null, 2)}\n`;
    const faults = contractFaults(contract, before === undefined ? undefined : (JSON.parse(before) as JsonSchema));
    return { path, before, after, faults };
  });
  const broken = files.flatMap((file) => file.faults);
  const old = files.filter((file) => file.before !== file.after);
  const late = options.includes('--check')
    ? old.map((file) => `${file.path}: E101 is not current. Fix: run "node catalog/publish.ts".`)
    : [];
  for (const line of [...broken.sort(), ...late]) process.stderr.write(`${line}\n`);
  if (broken.length > 0) return 3;
  if (late.length > 0) return 4;
  mkdirSync(folder, { recursive: true });
  for (const file of old) writeFileSync(file.path, file.after);
  process.stdout.write(`${files.length} contracts, ${old.length} written.\n`);
  return 0;
}

process.exitCode = main(process.argv.slice(2));
