import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { CommandFault, environmentLine } from '../command-fault.ts';

/** The repository that this code belongs to. */
export const repositoryRoot = join(import.meta.dirname, '../..');

interface Command {
  name: string;
  usage: string;
  words: readonly string[];
  /** Imports what works with the catalog: only after the catalog itself was loaded, so that a broken one is explained. */
  load(): Promise<(words: readonly string[]) => string | Promise<string>>;
}

/**
 * Runs a command of ours: what it gives back goes to standard output; a fault becomes one line each on standard error and an
 * exit code, never a stack trace.
 */
export async function runCommand({ name, usage, words, load }: Command): Promise<void> {
  enableCompileCache();
  // A reader that stops early, such as head, is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 5));
  try {
    if (words.includes('--help')) {
      process.stdout.write(`${usage}\n`);
      return;
    }
    await assertCatalogLoads();
    const run = await load();
    process.stdout.write(await run(words));
  } catch (error) {
    const isKnown = error instanceof CommandFault;
    process.stderr.write(`${isKnown ? error.message : `${name}: ${environmentLine(error)}`}\n`);
    process.exitCode = isKnown ? error.exitCode : 5;
  }
}

async function assertCatalogLoads(): Promise<void> {
  const { loadCatalog } = await import('@millrace/catalog/load.ts');
  const loaded = await loadCatalog(join(repositoryRoot, 'catalog/services.ts'));
  if (!('faults' in loaded)) return;
  throw new CommandFault(3, loaded.faults.map(({ place, code, message }) => `${place}: ${code} ${message}`).join('\n'));
}
