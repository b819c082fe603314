/** Something that ends a command with one line for a person and an exit code of its own. */
export class CommandFault extends Error {
  override name = 'CommandFault';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Something that this machine lacks. */
export class EnvironmentFault extends CommandFault {
  override name = 'EnvironmentFault';

  constructor(message: string) {
    super(message, 5);
  }
}

/** Something wrong with the command line. */
export class UsageFault extends CommandFault {
  override name = 'UsageFault';

  constructor(message: string) {
    super(message, 2);
  }
}

/**
 * Runs a command's main with the words of the command line and sets the exit code; an error becomes one line, never a
 * stack trace. `--help` prints the usage instead.
 */
export async function runCommand(usage: string, main: (words: readonly string[]) => Promise<number>): Promise<void> {
  const words = process.argv.slice(2);
  if (words.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  try {
    process.exitCode = await main(words);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isKnown = error instanceof CommandFault;
    process.stderr.write(`${isKnown ? '' : 'E900 '}${message.split('\n')[0]}\n`);
    process.exitCode = isKnown ? error.exitCode : 5;
  }
}
