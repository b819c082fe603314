import { spawnSync } from 'node:child_process';
import { CommandFault } from '../command-fault.ts';

/** A commit that a ref names. */
export interface Commit {
  revision: string;
  /** For a person: the ref and the first digits of the revision. */
  label: string;
}

const maxBytes = 512 * 1024 * 1024;
const maxFiles = 50_000;
const deadlineMs = 60_000;
const shownRefs = 8;
const shortDigits = 10;

/**
 * Finds the commit of a ref.
 * @throws CommandFault 5 when there is no git or no repository, or the clone is shallow; 2 when there is no such ref.
 */
export function resolveCommit(root: string, ref: string): Commit {
  assertRepository(root);
  const found = git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  const revision = found.output.toString('utf8').trim();
  if (found.code !== 0 || !/^[0-9a-f]{40,64}$/.test(revision)) throw unknownRef(root, ref);
  const short = revision.slice(0, shortDigits);
  return { revision, label: revision.startsWith(ref) ? short : `${ref} (${short})` };
}

/** The files below some folders at a commit, by their path: read from Git's objects, so nothing is checked out. */
export function filesAt(root: string, commit: Commit, folders: readonly string[]): Map<string, string> {
  const listed = must(root, ['ls-tree', '-r', '-z', '--full-tree', commit.revision, '--', ...folders]);
  const entries = listed
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const [, mode, hash, path] = /^(\d+) blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      return hash && path && mode !== '120000' ? [{ hash, path }] : [];
    });
  if (entries.length > maxFiles) {
    throw new CommandFault(5, `${commit.label} holds more than ${maxFiles} files in ${folders.join(', ')}.`);
  }
  const input = entries.map(({ hash }) => `${hash}\n`).join('');
  const texts = readBatch(must(root, ['cat-file', '--batch'], input), entries.length);
  return new Map(entries.map(({ path }, index) => [path, texts[index] ?? '']));
}

/** The answer of `git cat-file --batch`: a line with hash, kind and size, the bytes, a line end; for each object. */
function readBatch(output: Buffer, count: number): string[] {
  const texts: string[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end = output.indexOf(0x0a, at);
    const size = Number(output.toString('utf8', at, end).split(' ')[2]);
    if (end === -1 || !Number.isInteger(size)) {
      throw new CommandFault(
        5,
        'An object is missing in this clone. Run "git fetch --refetch", or "git fsck" to see which.',
      );
    }
    texts.push(output.toString('utf8', end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return texts;
}

function assertRepository(root: string): void {
  const inside = git(root, ['rev-parse', '--is-inside-work-tree']);
  if (inside.code === 0 && inside.output.toString('utf8').trim() === 'true') return;
  throw new CommandFault(
    5,
    'This folder is not a Git repository, so there is no ref to compare with. Clone it with git, or compare environments: make diff FROM=dev TO=staging.',
  );
}

function unknownRef(root: string, ref: string): CommandFault {
  const isShallow = git(root, ['rev-parse', '--is-shallow-repository']).output.toString('utf8').trim() === 'true';
  if (isShallow) {
    const advice = 'Run "git fetch --unshallow" (in CI: check out with fetch-depth: 0).';
    return new CommandFault(5, `There is no ref "${ref}" here, and this clone is shallow. ${advice}`);
  }
  const format = '--format=%(refname:short)';
  const known = git(root, [
    'for-each-ref',
    format,
    `--count=${shownRefs}`,
    '--sort=-committerdate',
    'refs/heads',
    'refs/tags',
    'refs/remotes',
  ]);
  const names = known.output.toString('utf8').trim().split('\n').filter(Boolean);
  const offer = names.length > 0 ? `Known are ${names.join(', ')} and every commit.` : 'There is no commit yet.';
  return new CommandFault(
    2,
    `There is no ref or environment "${ref}". ${offer} If it is newer than your clone, run "git fetch".`,
  );
}

function must(root: string, words: readonly string[], input?: string): Buffer {
  const { code, output, fault } = git(root, words, input);
  if (code !== 0) throw new CommandFault(5, `git ${words[0]} failed: ${fault.split('\n')[0]}`);
  return output;
}

function git(root: string, words: readonly string[], input = ''): { code: number; output: Buffer; fault: string } {
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', root, ...words], {
    input,
    maxBuffer: maxBytes,
    timeout: deadlineMs,
  });
  if (error && 'code' in error && error.code === 'ENOENT') {
    throw new CommandFault(5, 'There is no git on this machine. Install it (https://git-scm.com/downloads).');
  }
  if (error) throw new CommandFault(5, `git ${words[0]} failed: ${error.message}`);
  return { code: status ?? 1, output: stdout, fault: stderr.toString('utf8') };
}
