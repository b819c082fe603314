import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { CommandFault, runCommand } from '../diff/command.ts';
import { generatedPages } from './pages.ts';

const usage = `Usage: node charts/docs/main.ts [--check]

Writes docs/generated/*.md: the catalog of services and events, with diagrams.
  --check   write nothing; exit code 3 when a page is missing or old
  --help    this text

Exit codes: 0 ok, 2 wrong usage, 3 a page is not current (--check), 5 the machine.`;

const folder = join(import.meta.dirname, '../../docs/generated');

function main(options: readonly string[]): string {
  if (options.includes('--help')) throw new CommandFault(0, usage);
  const unknown = options.find((option) => option !== '--check');
  if (unknown !== undefined) throw new CommandFault(2, `There is no option "${unknown}".\n\n${usage}`);
  const pages = generatedPages(services).map(({ file, text }) => {
    const path = join(folder, file);
    return { file, path, text, isOld: !existsSync(path) || readFileSync(path, 'utf8') !== text };
  });
  const old = pages.filter(({ isOld }) => isOld);
  if (options.includes('--check')) {
    const faults = old.map(
      ({ file }) => `docs/generated/${file}: E102 is not current. Run "node charts/docs/main.ts".`,
    );
    if (faults.length > 0) throw new CommandFault(3, faults.join('\n'));
    return `${pages.length} pages are current.\n`;
  }
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of old) writeFileSync(path, text);
  return `${pages.length} pages, ${old.length} written.\n`;
}

runCommand('charts/docs', () => main(process.argv.slice(2)));
