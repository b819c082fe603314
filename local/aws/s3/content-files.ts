import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { slowDown } from './s3-error.ts';

const maxWriters = 100;

/**
 * The contents of objects, one file each under a random name; the row of the object names it. A file is whole and on the
 * disk before its row is committed, and is never changed after.
 */
export class ContentFiles {
  readonly #folder: string;
  #writers = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 's3');
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Makes a file and lets `fill` write it. Nothing of it stays when that throws. Throws SlowDown. */
  async write<Filled>(fill: (handle: FileHandle) => Promise<Filled>): Promise<Filled & { file: string }> {
    if (this.#writers >= maxWriters) throw slowDown();
    this.#writers += 1;
    const file = randomUUID();
    try {
      const handle = await open(join(this.#folder, file), 'wx', 0o600);
      const filled = await fill(handle).finally(() => handle.close());
      return { ...filled, file };
    } catch (error) {
      await this.remove([file]);
      throw error;
    } finally {
      this.#writers -= 1;
    }
  }

  /** Opens a file to read; undefined when its object was replaced or deleted meanwhile. */
  async open(file: string): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#folder, file), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whoever reads the file reads it to its end. */
  async remove(files: readonly string[]): Promise<void> {
    for (const file of files) await rm(join(this.#folder, file), { force: true });
  }

  /** At the start: removes what uploads and deletions left when the process ended in their middle. */
  removeOrphans(isUsed: (file: string) => boolean): void {
    for (const file of readdirSync(this.#folder)) {
      if (!isUsed(file)) rmSync(join(this.#folder, file), { force: true });
    }
  }
}
