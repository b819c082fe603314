import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandFault, EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { inheritedVariables } from './config.ts';

const askDeadlineMs = 30_000;
const maxBytes = 32 * 1024 * 1024;

/** A branch of a repository on this machine, as it is committed. */
export interface Branch {
  repository: string;
  branch: string;
}

/** The branch that a working copy or a bare clone is on. @throws CommandFault when it is on none, or is no repository. */
export async function currentBranch(repository: string): Promise<string> {
  await askGit(repository, ['rev-parse', '--git-dir']).catch(() => {
    throw new CommandFault(`E922 ${repository} is no Git repository. Name one with REPOSITORY=.`, 3);
  });
  const name = await askGit(repository, ['symbolic-ref', '--quiet', '--short', 'HEAD']).catch(() => '');
  if (name) return name.trim();
  throw new CommandFault(`E922 ${repository} is on no branch. Name the one to serve with REF=.`, 3);
}

/** The commit that a branch is at now. @throws CommandFault when there is no such branch. */
export async function commitOf({ repository, branch }: Branch): Promise<string> {
  const words = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`];
  const commit = await askGit(repository, words).catch(() => '');
  if (commit) return commit.trim();
  throw new CommandFault(`E922 ${repository} has no branch "${branch}" with a commit. Name another with REF=.`, 3);
}

/** The files of a folder at a commit, by their paths in the repository. */
export async function readFolder(
  repository: string,
  { commit, folder }: { commit: string; folder: string },
): Promise<Map<string, string>> {
  const listed = await askGit(repository, ['ls-tree', '-r', '-z', '--name-only', commit, '--', `${folder}/`]);
  const paths = listed.split('\0').filter(Boolean);
  const texts = await Promise.all(paths.map((path) => askGit(repository, ['cat-file', 'blob', `${commit}:${path}`])));
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']));
}

/** What Git says of a repository. @throws the error of the program, which ended with another code than 0. */
export async function askGit(repository: string, words: readonly string[]): Promise<string> {
  try {
    const options = { timeout: askDeadlineMs, maxBuffer: maxBytes, env: inheritedVariables() };
    // A person names the repository: it may belong to another account, as checkouts in containers do.
    const { stdout } = await promisify(execFile)(
      'git',
      ['-c', 'safe.directory=*', '-C', repository, ...words],
      options,
    );
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new EnvironmentFault('E910 there is no "git" on this machine. Install Git 2.31 or newer.');
    }
    throw error;
  }
}
