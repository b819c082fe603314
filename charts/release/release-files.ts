import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import type { Commit } from '../diff/git.ts';
import { filesAt } from '../diff/git.ts';
import { mendFolder } from '../manifest-folder.ts';
import { lockFolder } from '../write-lock.ts';
import { git, gitWhenFree, runGit } from './git.ts';
import type { ReleaseRepository } from './release-repository.ts';

/** Texts by path from the top of a repository. */
export type Texts = ReadonlyMap<string, string>;

/** What a manifest is rendered from, besides the release. */
const inputs = ['catalog', 'charts', 'fargate', 'policies/admission'];
const maxNamed = 5;
const maxEntries = 50_000;

/** All that a release of an environment touches. */
export const releaseFile = (environment: EnvironmentName): string => `releases/${environment}.json`;
export const manifestFolder = (environment: EnvironmentName): string => `manifests/${environment}`;
export const ownPaths = (environment: EnvironmentName): string[] => [
  releaseFile(environment),
  manifestFolder(environment),
];

/** The environment's files at a commit. */
export const committedFiles = (root: string, commit: Commit, environment: EnvironmentName): Texts =>
  filesAt(root, commit, ownPaths(environment));

/** Where a file's new text stands for the moment before it is renamed into place. */
export const asideOf = (path: string): string => `${path}.new`;

/** What a rendered environment looks like in a repository. */
export function wantedFiles(environment: EnvironmentName, files: Texts, release: string): Texts {
  const manifests = [...files].map(([path, text]): [string, string] => [`manifests/${environment}/${path}`, text]);
  return new Map([[releaseFile(environment), release], ...manifests]);
}

export const isSame = (left: Texts, right: Texts): boolean =>
  left.size === right.size && [...left].every(([path, text]) => right.get(path) === text);

/** What is rendered must stand in a commit, or nobody can render it again. @throws CommandFault (2) */
export function assertCommitted(environments: readonly EnvironmentName[]): void {
  const paths = [...inputs, ...environments.map(releaseFile)];
  const words = ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--', ...paths];
  const changed = git(repositoryRoot, words)
    .split('\0')
    .flatMap((entry) => /^[ MTADRCU?]{2} (.+)$/s.exec(entry)?.[1] ?? []);
  if (changed.length === 0) return;
  const advice = 'The manifests are to follow from a commit: commit this first, or "git stash" it.';
  throw new CommandFault(2, `${named(changed)}: not committed. ${advice}`);
}

/**
 * Looks whether the environment's files are as committed. What a run left that was killed is no obstacle: a file that is
 * already as wanted, and an index that stayed at the commit before. @throws CommandFault (2) that names anything else.
 */
export async function assertUntouched(
  { root }: ReleaseRepository,
  facts: { environment: EnvironmentName; committed: Texts; wanted: Texts },
): Promise<void> {
  const { environment, committed, wanted } = facts;
  await mendManifests(root);
  rmSync(join(root, asideOf(releaseFile(environment))), { force: true });
  const there = filesOnDisk(root, environment);
  const paths = [...new Set([...there.keys(), ...committed.keys(), ...wanted.keys()])].sort();
  const foreign = paths.filter(
    (path) => there.get(path) !== committed.get(path) && there.get(path) !== wanted.get(path),
  );
  const staged = foreign.length > 0 ? [] : stagedFiles(root, environment);
  if (foreign.length + staged.length === 0) return;
  const clean = `git clean --force -d ${manifestFolder(environment)}`;
  const advice = `Commit it, or take it back: git restore --staged --worktree ${ownPaths(environment).join(' ')} && ${clean}`;
  throw new CommandFault(2, `${named([...foreign, ...staged])}: changed and not committed. ${advice}`);
}

/** Brings the index to HEAD for the environment's files, and no other. */
export async function settleIndex({ root }: ReleaseRepository, environment: EnvironmentName): Promise<void> {
  const paths = ownPaths(environment);
  if (runGit(root, ['diff-index', '--cached', '--quiet', 'HEAD', '--', ...paths]).code === 0) return;
  await gitWhenFree(root, ['reset', '--quiet', '--', ...paths]);
}

/** Puts back the two renames of a run of "make synth" that was killed between them. */
async function mendManifests(root: string): Promise<void> {
  const folder = join(root, 'manifests');
  if (!existsSync(folder)) return;
  const lock = await lockFolder(folder);
  if (lock === 'stopped') return;
  mendFolder(folder);
  lock.release();
}

/** Files that somebody staged. After a kill between commit and index, the index is as HEAD's parent. */
function stagedFiles(root: string, environment: EnvironmentName): string[] {
  const against = (commit: string): string[] | undefined => {
    const words = ['diff-index', '--cached', '--name-only', '-z', commit, '--', ...ownPaths(environment)];
    const { code, out } = runGit(root, words);
    return code === 0 ? out.split('\0').filter(Boolean) : undefined;
  };
  const staged = against('HEAD') ?? [];
  return staged.length > 0 && against('HEAD^')?.length !== 0 ? staged : [];
}

function filesOnDisk(root: string, environment: EnvironmentName): Texts {
  const found = new Map<string, string>();
  const file = releaseFile(environment);
  if (existsSync(join(root, file))) found.set(file, readFileSync(join(root, file), 'utf8'));
  const folder = join(root, manifestFolder(environment));
  if (!existsSync(folder)) return found;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  if (entries.length > maxEntries) throw new CommandFault(5, `${folder} holds more than ${maxEntries} files.`);
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(root.length + 1), readFileSync(path, 'utf8'));
  }
  return found;
}

function named(paths: readonly string[]): string {
  const rest = paths.length - maxNamed;
  return `${paths.slice(0, maxNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
