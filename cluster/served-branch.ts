import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Branch } from './git.ts';
import { askGit, commitOf } from './git.ts';

/** A repository in which a branch has the name by which Argo CD asks for it. */
export interface ServedBranch {
  /** What the outside world serves. */
  repository: string;
  /** Lets the branch be at a commit, where it is not the branch itself that is served. */
  show(commit: string): Promise<void>;
}

/**
 * Argo CD asks for the revision that the manifests name. A branch of another name is shown under that one, by a bare
 * repository that borrows the other's objects.
 */
export async function serveBranch(
  source: Branch,
  { name, folder }: { name: string; folder: string },
): Promise<ServedBranch> {
  if (source.branch === name) return { repository: source.repository, show: async () => undefined };
  const repository = join(folder, 'served.git');
  const objects = await askGit(source.repository, ['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
  if (existsSync(repository)) rmSync(repository, { recursive: true });
  mkdirSync(repository, { recursive: true });
  await askGit(repository, ['init', '--quiet', '--bare', `--initial-branch=${name}`]);
  writeFileSync(join(repository, 'objects/info/alternates'), `${objects.trim()}\n`);
  const show = async (commit: string): Promise<void> => {
    await askGit(repository, ['update-ref', `refs/heads/${name}`, commit]);
  };
  await show(await commitOf(source));
  return { repository, show };
}
