import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import type { Commit } from '../diff/git.ts';
import { git, runGit } from './git.ts';

/** Where pins and manifests are kept: this repository, or the clone of a deploy repository (OUT=). */
export interface ReleaseRepository {
  root: string;
  /** `.git`, also where that is a file. */
  gitFolder: string;
  /** Catalog and releases lie in one repository. */
  isOwn: boolean;
}

/** Where HEAD stands. */
export interface Head extends Commit {
  /** Undefined when HEAD is detached, as CI often checks out. */
  branch: string | undefined;
}

const shortDigits = 10;
const underWay: Record<string, string> = {
  MERGE_HEAD: 'A merge',
  CHERRY_PICK_HEAD: 'A cherry-pick',
  REVERT_HEAD: 'A revert',
  'rebase-merge': 'A rebase',
  'rebase-apply': 'A rebase',
};

/**
 * Opens the repository of the releases.
 * @throws CommandFault 2 for an OUT= that is no clone, or where something is under way; 5 when Git cannot work.
 */
export function openRepository(out: string | undefined): ReleaseRepository {
  const root = out === undefined ? repositoryRoot : resolve(out);
  const isFolder = existsSync(root) && statSync(root).isDirectory();
  if (!isFolder) throw new CommandFault(2, `OUT: there is no folder ${out}. Clone the deploy repository there first.`);
  const top = runGit(root, ['rev-parse', '--show-toplevel']);
  if (top.code !== 0) throw noWorkTree(out, top.fault);
  const real = realpathSync(root);
  if (realpathSync(top.out.trimEnd()) !== real) {
    const advice =
      out === undefined ? 'Clone Millrace into a repository of its own.' : 'Give the top folder of a clone.';
    throw new CommandFault(2, `${out ?? root} lies inside the repository ${top.out.trimEnd()}. ${advice}`);
  }
  const gitFolder = git(root, ['rev-parse', '--absolute-git-dir']);
  return { root: real, gitFolder, isOwn: real === realpathSync(repositoryRoot) };
}

/** What must hold before a commit can be made. @throws CommandFault 2 for an unfinished merge, 5 without a name. */
export function assertReady({ root, gitFolder }: ReleaseRepository): void {
  const busy = Object.keys(underWay).find((name) => existsSync(join(gitFolder, name)));
  if (busy !== undefined) {
    throw new CommandFault(2, `${underWay[busy]} is under way in ${root}. End it first: "git status" says how.`);
  }
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT']) {
    if (runGit(root, ['var', who]).code === 0) continue;
    const advice = 'Run git config user.name "Your Name" and git config user.email you@example.org.';
    throw new CommandFault(5, `Git does not know who releases. ${advice}`);
  }
}

/** The commit that a release will stand on. @throws CommandFault (2) when there is none yet. */
export function headOf({ root }: ReleaseRepository): Head {
  const found = runGit(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (found.code !== 0) {
    throw new CommandFault(2, `${root} has no commit yet. Make one: git commit --allow-empty --message start.`);
  }
  const revision = found.out.trim();
  const branch = runGit(root, ['symbolic-ref', '--quiet', '--short', 'HEAD']).out.trim() || undefined;
  return { revision, branch, label: revision.slice(0, shortDigits) };
}

/** The commit that a ref names. @throws CommandFault 2 when there is none, 5 where the clone may just be too shallow. */
export function commitOf(root: string, asked: { ref: string; option: string }): Commit {
  const { ref, option } = asked;
  const found = runGit(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (found.code === 0) {
    const revision = found.out.trim();
    return { revision, label: revision.slice(0, shortDigits) };
  }
  const isShallow = runGit(root, ['rev-parse', '--is-shallow-repository']).out.trim() === 'true';
  if (!isShallow) {
    throw new CommandFault(2, `${option}: there is no commit "${ref}" in ${root}. If it is new, run "git fetch".`);
  }
  const advice = 'Run "git fetch --unshallow" (in CI: check out with fetch-depth: 0).';
  throw new CommandFault(5, `${option}: there is no commit "${ref}" here, and this clone is shallow. ${advice}`);
}

function noWorkTree(out: string | undefined, fault: string): CommandFault {
  const said = (fault.split('\n')[0] ?? '').replace(/^fatal: /, '');
  if (out === undefined)
    return new CommandFault(5, `This folder is not a Git repository (${said}). Clone it with git.`);
  return new CommandFault(2, `OUT: ${out} is no clone with files (${said}). Clone the deploy repository there first.`);
}
