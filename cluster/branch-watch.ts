import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Branch } from './git.ts';
import { askGit, commitOf } from './git.ts';

const pollMs = 300;

/**
 * Says each commit that a branch gets from now on, one after the other. Looks at the files in which Git keeps branches, and
 * asks Git only when one of them has changed.
 */
export async function watchBranch(
  branch: Branch,
  facts: { onCommit: (commit: string) => Promise<void>; note: (line: string) => void },
): Promise<{ stop(): void }> {
  const words = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const folder = (await askGit(branch.repository, words)).trim();
  const files = [`refs/heads/${branch.branch}`, 'packed-refs', 'reftable/tables.list'].map((file) =>
    join(folder, file),
  );
  let said = await commitOf(branch);
  let seen = '';
  let isBusy = false;
  let isTroubled = false;
  const look = async (): Promise<void> => {
    const now = files.map(signatureOf).join();
    if (now === seen) return;
    const commit = await commitOf(branch);
    if (commit !== said) await facts.onCommit(commit);
    // Only what was said counts as seen: what failed is tried again.
    [said, seen] = [commit, now];
    isTroubled = false;
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    look()
      .catch((error: unknown) => {
        if (!isTroubled) facts.note(`a push is not told yet, and is tried again: ${firstLine(error)}`);
        isTroubled = true;
      })
      .finally(() => {
        isBusy = false;
      });
  }, pollMs).unref();
  return { stop: () => clearInterval(timer) };
}

/** What changes whenever a file is written or replaced. */
function signatureOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.ino}-${found.mtimeNs}-${found.size}` : '';
}

const firstLine = (error: unknown): string =>
  ((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '').slice(0, 300);
