import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault } from '../command-fault.ts';
import { releaseVariables } from './config.ts';

/** How a git command ended. */
export interface GitRun {
  code: number;
  out: string;
  fault: string;
}

interface GitOptions {
  input?: string;
  /** Another file than the repository's own index. */
  index?: string;
  /** What git and its hooks say is for the person: it goes to standard error as it comes. */
  isShown?: boolean;
}

const maxBytes = 64 * 1024 * 1024;
/** Hooks of the user's may test a lot. */
const deadlineMs = 30 * 60_000;
const lockAttempts = 60;
const lockPauseMs = 50;

/** Runs git in a repository; what it says is for the caller to judge. @throws CommandFault (5) when there is no git. */
export function runGit(root: string, words: readonly string[], options: GitOptions = {}): GitRun {
  const { input = '', index, isShown = false } = options;
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', root, ...words], {
    input,
    env: { ...releaseVariables(), ...(index !== undefined && { GIT_INDEX_FILE: index }) },
    encoding: 'utf8',
    stdio: isShown ? ['pipe', 2, 2] : 'pipe',
    maxBuffer: maxBytes,
    timeout: deadlineMs,
  });
  if (error && 'code' in error && error.code === 'ENOENT') {
    throw new CommandFault(5, 'There is no git on this machine. Install it (https://git-scm.com/downloads).');
  }
  // A command that reads no input closes it early.
  if (error && !('code' in error && error.code === 'EPIPE')) {
    throw new CommandFault(5, `git ${words[0]} failed: ${error.message}.`);
  }
  return { code: status ?? 1, out: stdout ?? '', fault: stderr ?? '' };
}

/** What git prints, without the last line's end. @throws CommandFault (5) with the first line of what went wrong. */
export function git(root: string, words: readonly string[], options: GitOptions = {}): string {
  const run = runGit(root, words, options);
  if (run.code !== 0) throw failed(words, run);
  return run.out.trimEnd();
}

/** The same for what writes the index, which an editor's git may hold for a moment. */
export async function gitWhenFree(root: string, words: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const run = runGit(root, words);
    if (run.code === 0) return;
    if (attempt >= lockAttempts || !isLocked(run)) throw failed(words, run);
    await delay(lockPauseMs);
  }
}

const isLocked = ({ fault }: GitRun): boolean => /\.lock'?: File exists/.test(fault);

function failed(words: readonly string[], run: GitRun): CommandFault {
  const [, lock] = /Unable to create '(.+\.lock)'/.exec(run.fault) ?? [];
  if (lock && isLocked(run)) {
    const advice = 'If no git runs, one was killed: remove that file, and run this again.';
    return new CommandFault(5, `${lock}: another git works here. ${advice}`);
  }
  const said = run.fault.split('\n').find((line) => line.trim() !== '') ?? `it ended with ${run.code}`;
  return new CommandFault(5, `git ${words[0]} failed: ${said.replace(/^(fatal|error): /, '')}`);
}
