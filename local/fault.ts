/** This machine does not allow something, and a person can mend it: one line that says what and how. Commands exit with 5. */
export class MachineFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'MachineFault';
  }
}

const remedies: Record<string, (path: string) => string> = {
  EACCES: (path) =>
    `no right to write ${path}. Give it to this user (chown -R "$(id -u)") or set DATA_DIR to another folder.`,
  EPERM: (path) =>
    `no right to change ${path}. Give it to this user (chown -R "$(id -u)") or set DATA_DIR to another folder.`,
  EROFS: (path) => `${path} is on a read-only disk. Set DATA_DIR to a folder on another one.`,
  ENOSPC: (path) => `the disk that holds ${path} is full. Free some space; nothing that was committed is lost.`,
  EDQUOT: (path) => `the disk quota of ${path} is used up. Free some space; nothing that was committed is lost.`,
  ENOTDIR: (path) =>
    `${path} needs a folder where there is a file. Move the file away or set DATA_DIR to another folder.`,
  EEXIST: (path) => `${path} is a file where a folder is needed. Move it away or set DATA_DIR to another folder.`,
};

/** Turns a file-system error into a line with the remedy; anything else is thrown as it came. */
export function asMachineFault(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const line = remedies[code]?.(path);
  return line ? new MachineFault(line, error) : error;
}

/** Runs file-system work under a path and names the remedy when the machine refuses. */
export async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asMachineFault(error, path);
  }
}
