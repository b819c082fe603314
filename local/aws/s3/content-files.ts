import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The contents of objects, one file each under a random name; the row of the object names it. A file is whole and on the
 * disk before its row is committed, and is never changed after.
 */
export class ContentFiles {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 's3');
    mkdirSync(this.#folder, { recursive: true });
  }

  /** A new empty file to write into. */
  async create(): Promise<{ file: string; handle: FileHandle }> {
    const file = randomUUID();
    return { file, handle: await open(join(this.#folder, file), 'wx', 0o600) };
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
