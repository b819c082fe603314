// `make synth`: renders the catalog to manifests/. Modules are loaded late, so that help and wrong usage answer at once.
import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { CommandFault, environmentLine } from './command-fault.ts';
import { synthVariables } from './config.ts';

// For memory, in a short run: no optimising compilers (the quick baseline one stays) and a young generation that grows slowly.
for (const flag of ['--no-opt', '--no-maglev', '--semi-space-growth-factor=1']) setFlagsFromString(flag);
// Compiled modules are kept for the next run: in NODE_COMPILE_CACHE's folder, else in a temporary one.
enableCompileCache();

const stopCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
let stoppedBy: keyof typeof stopCodes | undefined;

async function main(words: readonly string[]): Promise<number> {
  const { readOptions, usage } = await import('./options.ts');
  const options = readOptions(words, synthVariables());
  if (options.isHelp) {
    process.stdout.write(usage);
    return 0;
  }
  // The catalog first: what follows imports it too, and would end with whatever Node says of it.
  const { loadCatalog } = await import('@millrace/catalog/load.ts');
  const loaded = await loadCatalog(options.sources.catalog);
  if ('faults' in loaded) {
    for (const { place, code, message } of loaded.faults) process.stderr.write(`${place}: ${code} ${message}\n`);
    return 3;
  }
  const { synthesise } = await import('./synth.ts');
  const result = synthesise(options.sources, loaded.services);
  for (const line of result.warnings) process.stderr.write(`${line}\n`);
  if (result.outcome === 'faulty') {
    process.stderr.write(`${result.faults.join('\n')}\n`);
    return 3;
  }
  for (const line of result.notes) process.stderr.write(`${line}\n`);
  const { checkManifests, writeManifests } = await import('./write.ts');
  if (options.isCheck) return checkManifests(options.out, result.environments);
  listenForSignals();
  const written = await writeManifests(options.out, result.environments, () => stoppedBy !== undefined);
  if (written === 'written') return 0;
  process.stderr.write('stopped: nothing was changed.\n');
  return stopCodes[stoppedBy ?? 'SIGINT'];
}

/** Only from here on there is something to clear away; before, a signal ends the process at once. */
function listenForSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stoppedBy ??= signal;
    });
  }
}

// A reader that stops early, such as head, is no fault. Output comes last, so nothing is left half done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`E900 the output cannot be written: ${error.message}. Send it elsewhere.\n`);
  process.exit(5);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const line = error instanceof CommandFault ? error.message : environmentLine(error);
  process.stderr.write(`${line}\n`);
  process.exitCode = error instanceof CommandFault ? error.exitCode : 5;
}
