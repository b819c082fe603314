import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sagaPage } from './saga-diagram.ts';

const usage = `Usage: node services/order/write-diagram.ts [--check]

Writes services/order/SAGA.md, the diagram of an order's life, from the table in saga.ts.

  --check   write nothing; exit code 4 when the file is missing or not current
`;

const path = join(import.meta.dirname, 'SAGA.md');

function main(words: readonly string[]): number {
  if (words.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  const stray = words.find((word) => word !== '--check');
  if (stray !== undefined) {
    process.stderr.write(`${stray} is not an option. ${usage.split('\n')[0]}\n`);
    return 2;
  }
  const page = sagaPage();
  if (!words.includes('--check')) {
    writeFileSync(path, page);
    return 0;
  }
  if (present() === page) return 0;
  process.stderr.write('services/order/SAGA.md is not current: run node services/order/write-diagram.ts\n');
  return 4;
}

function present(): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

process.exitCode = main(process.argv.slice(2));
