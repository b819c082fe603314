/** A command that does not go on: the line that a person reads, and the exit code. 0 was asked for help, 2 is wrong usage, 3 an invalid catalog, 5 the machine. */
export class CommandFault extends Error {
  readonly exitCode: 0 | 2 | 3 | 5;

  constructor(exitCode: 0 | 2 | 3 | 5, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Runs a command of ours: what it gives back goes to standard output, a fault becomes one line and an exit code, never a stack trace. */
export function runCommand(name: string, command: () => string): void {
  // A reader that stops early, such as head, is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exitCode = error.code === 'EPIPE' ? 0 : 5;
  });
  try {
    process.stdout.write(command());
  } catch (error) {
    const known = error instanceof CommandFault;
    const message = (error instanceof Error ? error.message : String(error)).trim();
    const text = known ? message : `${name}: E900 ${message.split('\n')[0]}`;
    (known && error.exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
    process.exitCode = known ? error.exitCode : 5;
  }
}
