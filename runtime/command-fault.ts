/** A command that does not go on: what a person reads, and the exit code. 0 was asked for help, 2 is wrong usage, 5 the machine or the platform. */
export class CommandFault extends Error {
  readonly exitCode: 0 | 2 | 5;

  constructor(exitCode: 0 | 2 | 5, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Runs a command: its faults become one line on standard error and an exit code, never a stack trace. */
export async function runCommand(command: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  try {
    await command(stop.signal);
    process.exitCode = stop.signal.aborted ? 130 : 0;
  } catch (error) {
    // What was cut short by Ctrl-C failed for that reason and no other.
    if (stop.signal.aborted) {
      process.stderr.write('Stopped. It is safe to run again.\n');
      process.exitCode = 130;
      return;
    }
    const exitCode = error instanceof CommandFault ? error.exitCode : 5;
    const stream = exitCode === 0 ? process.stdout : process.stderr;
    stream.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCode;
  }
}
