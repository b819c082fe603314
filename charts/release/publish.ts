import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFault, environmentLine } from '../command-fault.ts';
import { mendFolder, replaceFolders } from '../manifest-folder.ts';
import type { EnvironmentFiles } from '../synth.ts';
import { writeManifests } from '../write.ts';
import { lockFolder } from '../write-lock.ts';
import { git, runGit } from './git.ts';
import type { Texts } from './release-files.ts';
import {
  asideOf,
  committedFiles,
  isSame,
  manifestFolder,
  ownPaths,
  releaseFile,
  settleIndex,
} from './release-files.ts';
import type { Head, ReleaseRepository } from './release-repository.ts';
import { headOf } from './release-repository.ts';

/** What is to become a commit. */
export interface Publication {
  repository: ReleaseRepository;
  base: Head;
  set: EnvironmentFiles;
  committed: Texts;
  wanted: Texts;
  message: string;
}

const indexPrefix = 'millrace-release-';
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Writes pins and manifests and makes one commit of them; gives its revision. What else changed in the tree stays as it is,
 * and so does what is staged. Whatever goes wrong before the commit, the files are put back.
 * @throws CommandFault (5) when a hook or the signing refuses it, somebody stops it, or HEAD moves meanwhile.
 */
export async function publish(publication: Publication): Promise<string> {
  const { repository, base, set } = publication;
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    assertStill(repository, base);
    try {
      await write(publication, () => isStopped);
      if (isStopped) throw new CommandFault(5, 'stopped: nothing was changed.');
      commit(publication);
    } catch (error) {
      await putBack(publication);
      throw isStopped ? new CommandFault(5, 'stopped: nothing was changed.') : error;
    }
    await settleIndex(repository, set.environment);
    return verified(publication);
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

function assertStill(repository: ReleaseRepository, base: Head): void {
  const now = headOf(repository);
  if (now.revision === base.revision && now.branch === base.branch) return;
  const moved = `HEAD went from ${base.label} to ${now.label} while this ran`;
  throw new CommandFault(5, `${moved}: nothing was changed. Run it again.`);
}

async function write({ repository, set, wanted }: Publication, isStopped: () => boolean): Promise<void> {
  const { root } = repository;
  await writeManifests(join(root, 'manifests'), [set], isStopped);
  if (isStopped()) return;
  writeText(root, releaseFile(set.environment), wanted);
}

/** Renamed into place: a reader sees the old text or the new one. */
function writeText(root: string, path: string, texts: Texts): void {
  const text = texts.get(path);
  if (text === undefined) {
    rmSync(join(root, path), { force: true });
    return;
  }
  mkdirSync(join(root, path, '..'), { recursive: true });
  const aside = join(root, asideOf(path));
  writeFileSync(aside, text);
  renameSync(aside, join(root, path));
}

/**
 * A plain "git commit" with the user's hooks and signature. It has an index of its own: the user's keeps what is staged, and
 * is not left locked if this is killed while a hook runs. With --only, it takes everything else from HEAD as it is then.
 */
function commit({ repository, set, message }: Publication): void {
  const { root, gitFolder } = repository;
  clearIndexes(gitFolder);
  const index = join(gitFolder, `${indexPrefix}${process.pid}`);
  const paths = ownPaths(set.environment);
  try {
    git(root, ['read-tree', 'HEAD'], { index });
    git(root, ['add', '--all', '--force', '--', ...paths], { index });
    const words = ['commit', '--quiet', '--only', '--cleanup=whitespace', '--file=-', '--', ...paths];
    const { code } = runGit(root, words, { index, input: message, isShown: true });
    if (code !== 0) {
      throw new CommandFault(5, 'git commit failed, as said above: nothing was changed. Mend that, and run it again.');
    }
  } finally {
    clearIndexes(gitFolder);
  }
}

function clearIndexes(gitFolder: string): void {
  for (const entry of readdirSync(gitFolder)) {
    if (entry.startsWith(indexPrefix)) rmSync(join(gitFolder, entry), { force: true });
  }
}

/** The environment's files as they were committed before. */
async function putBack({ repository, set, committed }: Publication): Promise<void> {
  const { root } = repository;
  const { environment } = set;
  const folder = join(root, 'manifests');
  try {
    writeText(root, releaseFile(environment), committed);
    rmSync(join(root, asideOf(releaseFile(environment))), { force: true });
    if (!existsSync(folder)) return;
    const lock = await lockFolder(folder);
    if (lock === 'stopped') return;
    mendFolder(folder);
    const start = `${manifestFolder(environment)}/`;
    const former = [...committed].filter(([path]) => path.startsWith(start));
    const files = new Map(former.map(([path, text]): [string, string] => [path.slice(start.length), text]));
    if (files.size > 0) await replaceFolders(folder, [{ name: environment, files }], () => false);
    else rmSync(join(folder, environment), { recursive: true, force: true });
    lock.release();
  } catch (error) {
    const advice = `git checkout HEAD -- ${ownPaths(environment).join(' ')}`;
    process.stderr.write(`The files could not be put back (${environmentLine(error)}). Do it with: ${advice}\n`);
  }
}

/** Looks at the commit itself: a hook may change files, and somebody may commit in the same moment. */
function verified({ repository, base, set, wanted }: Publication): string {
  const made = headOf(repository);
  const parent = git(repository.root, ['rev-parse', `${made.revision}^`]);
  const advice = 'Take it back with "git reset --keep HEAD^", and run this again.';
  if (parent !== base.revision) {
    throw new CommandFault(5, `Somebody committed in the same moment: ${made.label} may not fit. ${advice}`);
  }
  const stands = committedFiles(repository.root, made, set.environment);
  if (isSame(stands, wanted)) return made.revision;
  const paths = [...new Set([...stands.keys(), ...wanted.keys()])];
  const [first = ''] = paths.filter((path) => stands.get(path) !== wanted.get(path));
  throw new CommandFault(
    5,
    `A hook of Git changed ${first} in ${made.label}: leave generated files out of it. ${advice}`,
  );
}
