import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CommandFault } from './command-fault.ts';
import { makeFolder } from './make-folder.ts';
import type { FolderChange, WantedFolder } from './manifest-folder.ts';
import { compareFolder, isChanged, mendFolder, replaceFolders } from './manifest-folder.ts';
import type { EnvironmentFiles } from './synth.ts';
import { lockFolder } from './write-lock.ts';

const maxNamed = 20;

/**
 * Writes the environments' folders and prints a line for each. Another run on the same folder is waited for.
 * @throws CommandFault (5) when a folder holds files that are not ours, or somebody else holds it.
 */
export async function writeManifests(
  out: string,
  environments: readonly EnvironmentFiles[],
  isStopped: () => boolean,
): Promise<'written' | 'stopped'> {
  const wanted = environments.map(wantedOf);
  makeFolder(out);
  const lock = await lockFolder(realpathSync(out), { isStopped });
  if (lock === 'stopped') return 'stopped';
  try {
    if (isStopped()) return 'stopped';
    mendFolder(out);
    const changes = wanted.map((folder) => compareFolder(out, folder));
    refuseForeign(out, changes);
    const old = wanted.filter((_, index) => isChanged(changes[index] as FolderChange));
    if (old.length > 0 && (await replaceFolders(out, old, isStopped)) === 'stopped') return 'stopped';
    const lines = environments.map((environment, index) => summary(environment, changes[index] as FolderChange));
    process.stdout.write(`${lines.join('\n')}\n`);
    return 'written';
  } finally {
    lock.release();
  }
}

/** Compares the environments' folders with what should be there, and names each file that differs; gives the exit code. */
export function checkManifests(out: string, environments: readonly EnvironmentFiles[]): 0 | 4 {
  const changes = environments.map((environment) => compareFolder(out, wantedOf(environment)));
  const lines = changes.flatMap((change) => {
    const line = (path: string, what: string): string =>
      `${shown(join(out, change.name, path))}: E101 ${what}. Run "make synth" and commit it.`;
    return [
      ...change.added.map((path) => line(path, 'is missing')),
      ...change.changed.map((path) => line(path, 'is not current')),
      ...change.removed.map((path) => line(path, 'is left over')),
      ...change.foreign.map((path) => line(path, 'is not ours. Move it elsewhere')),
    ];
  });
  if (lines.length > 0) {
    process.stderr.write(`${lines.sort().join('\n')}\n`);
    return 4;
  }
  const count = environments.reduce((sum, { files }) => sum + files.size, 0);
  process.stdout.write(`${count} manifests of ${changes.length} environments are current.\n`);
  return 0;
}

const wantedOf = ({ environment, files }: EnvironmentFiles): WantedFolder => ({ name: environment, files });

function refuseForeign(out: string, changes: readonly FolderChange[]): void {
  const paths = changes.flatMap(({ name, foreign }) => foreign.map((path) => shown(join(out, name, path))));
  if (paths.length === 0) return;
  const named = paths.slice(0, maxNamed).join(', ');
  const rest = paths.length > maxNamed ? ` and ${paths.length - maxNamed} more` : '';
  throw new CommandFault(
    5,
    `${named}${rest}: E906 not written by "make synth", and would be removed. Move it elsewhere.`,
  );
}

function summary(set: EnvironmentFiles, change: FolderChange): string {
  const parts = [
    [change.added, 'added'],
    [change.changed, 'changed'],
    [change.removed, 'removed'],
  ] as const;
  const told = parts.flatMap(([paths, word]) => (paths.length > 0 ? [`${paths.length} ${word}`] : []));
  const example = set.hasExampleImages ? ', images are examples' : '';
  const done = told.join(', ') || 'nothing changed';
  return `${set.environment}: ${set.releasedServices} services, ${set.files.size} objects${example}; ${done}`;
}

const shown = (path: string): string => relative(process.cwd(), path) || path;
