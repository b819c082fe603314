import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const maxDepth = 100;

/**
 * Makes a folder and those above it. Node's own `recursive` never ends below /proc and says ENOENT on a read-only disk.
 * @throws what the file system says: ENOTDIR or EEXIST where a file is in the way, EROFS, EACCES, ENOENT where none can be made.
 */
export function makeFolder(path: string, depth = 0): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || depth > maxDepth) throw error;
    makeFolder(parent, depth + 1);
    mkdirSync(path);
  }
}
