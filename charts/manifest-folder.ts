import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CommandFault } from './command-fault.ts';
import { header } from './manifest-text.ts';

/** An environment's folder as it should be: texts by path. */
export interface WantedFolder {
  /** Its name in the output folder. */
  name: string;
  files: ReadonlyMap<string, string>;
}

/** How a folder on disk differs from the wanted one; paths in it, sorted. */
export interface FolderChange {
  name: string;
  added: string[];
  changed: string[];
  removed: string[];
  /** Files that are not ours to remove. */
  foreign: string[];
}

const maxEntries = 100_000;
const filesPerTurn = 50;
const stagingPrefix = '.synth-';
const formerName = (name: string): string => `.${name}.former`;

/** Compares what is on disk with what should be. */
export function compareFolder(out: string, wanted: WantedFolder): FolderChange {
  const there = listFiles(join(out, wanted.name));
  const change: FolderChange = { name: wanted.name, added: [], changed: [], removed: [], foreign: [] };
  const known = new Set(there);
  for (const [path, text] of wanted.files) {
    if (!known.has(path)) change.added.push(path);
    else if (readFileSync(join(out, wanted.name, path), 'utf8') !== text) change.changed.push(path);
  }
  for (const path of there) {
    if (wanted.files.has(path)) continue;
    const isOurs = readFileSync(join(out, wanted.name, path), 'utf8').startsWith(header.slice(0, 30));
    (isOurs ? change.removed : change.foreign).push(path);
  }
  return change;
}

export const isChanged = ({ added, changed, removed }: FolderChange): boolean =>
  added.length + changed.length + removed.length > 0;

/**
 * Puts the wanted folders in the place of those on disk. They are written beside them first; then each is exchanged by two
 * renames, which nothing but a loss of power or kill -9 comes between, and `mendFolder` puts that right.
 * @param isStopped is asked between files; true ends it with nothing changed.
 */
export async function replaceFolders(
  out: string,
  folders: readonly WantedFolder[],
  isStopped: () => boolean,
): Promise<'replaced' | 'stopped'> {
  const staging = mkdtempSync(join(out, stagingPrefix));
  try {
    for (const folder of folders) {
      if ((await writeFiles(join(staging, folder.name), folder.files, isStopped)) === 'stopped') return 'stopped';
    }
    for (const { name } of folders) exchange({ out, name, staged: join(staging, name) });
    return 'replaced';
  } catch (error) {
    // A full disk is told without the place.
    if (error instanceof Error && !('path' in error)) Object.assign(error, { path: out });
    throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Clears away what a run left that was killed in the middle. Only for who holds the lock. */
export function mendFolder(out: string): void {
  for (const entry of readdirSync(out)) {
    const former = /^\.([a-z]+)\.former$/.exec(entry)?.[1];
    if (former && !existsSync(join(out, former))) renameSync(join(out, entry), join(out, former));
    else if (former || entry.startsWith(stagingPrefix)) rmSync(join(out, entry), { recursive: true, force: true });
  }
}

async function writeFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  isStopped: () => boolean,
): Promise<'written' | 'stopped'> {
  mkdirSync(folder, { recursive: true });
  const made = new Set<string>();
  let count = 0;
  for (const [path, text] of files) {
    const parent = dirname(path);
    if (!made.has(parent)) mkdirSync(join(folder, parent), { recursive: true });
    made.add(parent);
    writeFileSync(join(folder, path), text);
    count += 1;
    // Signals are heard between turns.
    if (count % filesPerTurn === 0) await nextTurn();
    if (isStopped()) return 'stopped';
  }
  return 'written';
}

function exchange({ out, name, staged }: { out: string; name: string; staged: string }): void {
  const target = join(out, name);
  const former = join(out, formerName(name));
  const isThere = existsSync(target);
  if (isThere) renameSync(target, former);
  try {
    renameSync(staged, target);
  } catch (error) {
    if (isThere) renameSync(former, target);
    throw error;
  }
  rmSync(former, { recursive: true, force: true });
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (entries.length > maxEntries) {
    throw new CommandFault(5, `${folder}: E903 holds more than ${maxEntries} files. Give another folder with OUT=.`);
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
