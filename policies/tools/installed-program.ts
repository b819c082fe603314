import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { pinnedVersion } from './go-build.ts';
import type { GoProgram, InstalledProgram, PythonProgram } from './programs.ts';

const askDeadlineMs = 10_000;

/**
 * What a machine has instead of a program of ours: in KUBEBUILDER_ASSETS or on PATH, in this order. It is asked for its
 * version, which takes less than a second, and passed over when that is not the wanted one: what is proved with one
 * version says nothing about another.
 */
export async function findInstalled(program: GoProgram | PythonProgram): Promise<string | undefined> {
  if ('requirements' in program || !program.installed) return undefined;
  const { installed } = program;
  const wanted = pinnedVersion(program) ?? '';
  // A machine has few of them: names times folders of PATH is the bound.
  for (const name of installed.names) {
    for (const folder of readConfig().programFolders) {
      const path = join(folder, name);
      if (isProgram(path) && (await isWanted({ path, installed, wanted }))) return path;
    }
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function isWanted(of: { path: string; installed: InstalledProgram; wanted: string }): Promise<boolean> {
  const { ask, precision = 3 } = of.installed;
  if (!ask) return true;
  const [, told] = /\bv?(\d+\.\d+\.\d+)/.exec(await answer(of.path, ask)) ?? [];
  const first = (version: string): string => version.split('.').slice(0, precision).join('.');
  return told !== undefined && first(told) === first(of.wanted);
}

/** What it says; nothing where it does not run. */
const answer = (path: string, words: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(path, words, { timeout: askDeadlineMs }, (_, output) => resolve(output));
  });
