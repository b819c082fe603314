/** Something that this machine lacks: one line for a person, exit code 5. */
export class EnvironmentFault extends Error {
  override name = 'EnvironmentFault';
}

/** Runs a command's main and sets the exit code; an error becomes one line, never a stack trace. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof EnvironmentFault ? '' : 'E900 ';
    process.stderr.write(`${code}${message.split('\n')[0]}\n`);
    process.exitCode = 5;
  }
}
