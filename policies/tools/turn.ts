import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';

/** Longer than all tools together take from nothing. */
const turnDeadlineMs = 90 * 60_000;
const progressMs = 10_000;
const pollMs = 500;

export interface Turn {
  release(): void;
}

/**
 * One tool is made at a time on a machine: two large builds at once need more memory than a small one has. Who waits
 * goes on when its turn comes, or when the other made what it waits for. A lock whose process is gone counts for
 * nothing.
 */
export async function takeTurn({ what, isDone }: { what: string; isDone: () => boolean }): Promise<Turn> {
  const lock = join(readConfig().toolCache, 'making.lock');
  if (take(lock)) return { release: () => rmSync(lock, { force: true }) };
  process.stderr.write(`Another tool is being made; ${what} waits for its turn.\n`);
  const quiet = tellTime(`waiting for ${what}`);
  try {
    const until = performance.now() + turnDeadlineMs;
    while (performance.now() < until) {
      if (isDone()) return { release: () => undefined };
      if (take(lock)) return { release: () => rmSync(lock, { force: true }) };
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } finally {
    quiet();
  }
  throw new EnvironmentFault(`E911 another process has held ${lock} for too long. Remove the file.`);
}

/** Says every ten seconds for how long something has been going on, until it is told to be quiet. */
export function tellTime(what: string): () => void {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    process.stderr.write(`  ${what}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  }, progressMs);
  return () => clearInterval(timer);
}

function take(lock: string): boolean {
  // The second time is for a lock that was left behind.
  for (let attempts = 0; attempts < 2; attempts += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isHeld(lock)) return false;
      rmSync(lock, { force: true });
    }
  }
  return false;
}

function isHeld(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    // Between making a lock and writing into it there is a moment without a number.
    return holder === 0 || process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
