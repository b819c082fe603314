/** A command that cannot go on: one line for a person, and the exit code. 2 is wrong usage, 5 the machine or the platform. */
export class CommandFault extends Error {
  readonly exitCode: 2 | 5;

  constructor(exitCode: 2 | 5, message: string, cause?: unknown) {
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
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof CommandFault ? error.exitCode : 5;
  }
}
