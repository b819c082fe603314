import { readFile, rename, writeFile } from 'node:fs/promises';
import { asMachineFault, MachineFault, onDisk } from './fault.ts';

const settleMs = 50;

/** The last write of each file that is not yet done. */
const writing = new Map<string, Promise<void>>();

/**
 * Writes a file so that a reader, or a kill, sees the old one or the new one and never a part. Writes of one file come one after
 * the other, in the order of the calls.
 */
export async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  const write = (): Promise<void> =>
    onDisk(path, async () => {
      await writeFile(aside, text, { mode, flush: true });
      await rename(aside, path);
    });
  // One that failed is its caller's, and no reason not to write the next.
  const done = (writing.get(path) ?? Promise.resolve()).then(write, write);
  writing.set(path, done);
  try {
    await done;
  } finally {
    if (writing.get(path) === done) writing.delete(path);
  }
}

/** Reads a JSON file of ours. @returns nothing when it is not there. @throws MachineFault when somebody broke it. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) throw new MachineFault(`${path} is damaged. Remove it; it is made anew.`, error);
    throw asMachineFault(error, path);
  }
}

/** Keeps a value on disk: writes soon after the last change, one write at a time. */
export interface DiskState {
  changed(): void;
  /** Writes what is not yet written. */
  flush(): Promise<void>;
}

/** @param read gives the value to keep; it is asked at each write. */
export function keepOnDisk(path: string, read: () => unknown, onFault: (error: unknown) => void): DiskState {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(() => writeAtomically(path, JSON.stringify(read()))).catch(onFault);
    return writing;
  };
  return {
    changed: () => {
      timer ??= setTimeout(() => void write(), settleMs);
    },
    flush: () => (timer ? write() : writing),
  };
}
