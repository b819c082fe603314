import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import { generatedPages } from './pages.ts';

const folder = join(repositoryRoot, 'docs/generated');

/** Writes the pages that are not current; with `--check` only says which. @throws CommandFault 2 for another option, 4 for an old page. */
export function writePages(options: readonly string[]): string {
  const unknown = options.find((option) => option !== '--check');
  if (unknown !== undefined) throw new CommandFault(2, `There is no option "${unknown}". See --help.`);
  const pages = generatedPages(services).map(({ file, text }) => {
    const path = join(folder, file);
    return { file, path, text, isOld: !existsSync(path) || readFileSync(path, 'utf8') !== text };
  });
  const old = pages.filter(({ isOld }) => isOld);
  if (options.includes('--check')) {
    const faults = old.map(
      ({ file }) => `docs/generated/${file}: E102 is not current. Run "node charts/docs/main.ts".`,
    );
    if (faults.length > 0) throw new CommandFault(4, faults.join('\n'));
    return `${pages.length} pages are current.\n`;
  }
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of old) writeFileSync(path, text);
  return `${pages.length} pages, ${old.length} written.\n`;
}
