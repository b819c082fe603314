import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkCatalog, formatFault, isWarning } from './check.ts';
import { environmentNames } from './environments.ts';
import { jsonText } from './json-text.ts';
import { services } from './services.ts';
import { terraformInputs } from './terraform-inputs.ts';

const usage = `Usage: node catalog/outputs.ts [--check] [--out FOLDER]

Writes terraform/environments/<env>/catalog.auto.tfvars.json: what Terraform builds from the catalog.
  --check        write nothing; exit code 4 when a file is missing or not current
  --out FOLDER   write <env>/catalog.auto.tfvars.json there instead
Exit codes: 0 done, 2 wrong usage, 3 the catalog is invalid, 4 not current, 5 could not read or write.
`;

const repository = resolve(import.meta.dirname, '..');
const file = 'catalog.auto.tfvars.json';

interface Options {
  isCheck: boolean;
  out: string;
}

function main(words: readonly string[]): number {
  if (words.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  const options = readOptions(words);
  if (!options) {
    process.stderr.write(usage);
    return 2;
  }
  const faults = checkCatalog(services);
  for (const fault of faults) process.stderr.write(`${formatFault(fault)}\n`);
  return faults.every(isWarning) ? write(options) : 3;
}

function readOptions(words: readonly string[]): Options | undefined {
  const options: Options = { isCheck: false, out: join(repository, 'terraform/environments') };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    const value = words[index + 1];
    if (word === '--check') options.isCheck = true;
    else if (word === '--out' && value) {
      options.out = resolve(value);
      index += 1;
    } else return undefined;
  }
  return options;
}

function write({ isCheck, out }: Options): number {
  const files = environmentNames.map((environment) => {
    const path = join(out, environment, file);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    return { path, before, after: jsonText(terraformInputs(environment, services)) };
  });
  const old = files.filter(({ before, after }) => before !== after);
  if (isCheck) {
    for (const { path } of old) {
      process.stderr.write(`${relative(process.cwd(), path)}: E102 is not current. Run "node catalog/outputs.ts".\n`);
    }
    return old.length > 0 ? 4 : 0;
  }
  for (const { path, after } of old) {
    mkdirSync(dirname(path), { recursive: true });
    // Renamed into place: a reader sees the old file or the new one, never a half.
    const aside = `${path}.${process.pid}.new`;
    writeFileSync(aside, after);
    renameSync(aside, path);
  }
  process.stdout.write(`${files.length} files, ${old.length} written.\n`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`E900 ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 5;
}
