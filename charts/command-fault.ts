/** Something that ends a command with one line for a person and an exit code, as docs and interfaces list them. */
export class CommandFault extends Error {
  readonly exitCode: 2 | 3 | 4 | 5;

  constructor(exitCode: 2 | 3 | 4 | 5, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

const remedies: Record<string, (path: string) => string> = {
  EACCES: (path) => `E901 no right to write ${path}. Change its owner or mode, or give another folder with OUT=.`,
  EPERM: (path) => `E901 no right to write ${path}. Change its owner or mode, or give another folder with OUT=.`,
  EROFS: (path) => `E901 ${path} is on a read-only disk. Give another folder with OUT=.`,
  ENOSPC: (path) => `E902 the disk of ${path} is full. Make room and run it again; what was there is as it was.`,
  EDQUOT: (path) => `E902 the quota for ${path} is used up. Make room and run it again; what was there is as it was.`,
  EFBIG: (path) => `E902 ${path} may not grow so large. Raise the limit; what was there is as it was.`,
  ENOENT: (path) => `E901 ${path} cannot be made. Give another folder with OUT=.`,
  ENOTDIR: (path) => `E903 ${path} is no folder. Give another one with OUT=.`,
  EEXIST: (path) => `E903 ${path} is no folder. Give another one with OUT=.`,
  EMFILE: () => 'E904 too many open files. Raise "ulimit -n".',
};

/** What a person is told of an error that nobody expected: one line, with the remedy where there is a known one. */
export function environmentLine(error: unknown): string {
  if (!(error instanceof Error)) return `E900 ${String(error)}`;
  const { code, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const remedy = code === undefined ? undefined : remedies[code];
  if (remedy) return remedy(dest ?? path ?? 'the folder');
  return `E900 ${error.message.split('\n')[0]}`;
}
