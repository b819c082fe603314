import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const waitMs = 30_000;
const pollMs = 20;

/** A folder for one test, gone at its end. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'millrace-cluster-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A repository of one's own with a commit of these files. */
export async function makeRepository(path: string, files: Record<string, string>, branch = 'main'): Promise<string> {
  mkdirSync(path, { recursive: true });
  await git(path, ['init', '--quiet', `--initial-branch=${branch}`]);
  return commitFiles(path, files);
}

/** Writes files and commits them. @returns the commit. */
export async function commitFiles(path: string, files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  await git(path, ['add', '--all']);
  await git(path, ['-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=test']);
  return (await git(path, ['rev-parse', 'HEAD'])).trim();
}

/** Runs Git in a folder. */
export async function git(path: string, words: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: path, GIT_CONFIG_NOSYSTEM: '1' };
  const { stdout } = await promisify(execFile)('git', ['-C', path, ...words], { env });
  return stdout;
}

/** Waits for a condition. @throws Error at the deadline. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + waitMs;
  while (performance.now() < end) {
    if (await isSo()) return;
    await delay(pollMs);
  }
  throw new Error(`${what}: not within ${waitMs} ms`);
}
