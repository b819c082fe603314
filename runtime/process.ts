import { processCloseSeconds } from '@millrace/catalog/stopping.ts';
import type { Log } from './log.ts';

/** Something that lives until it is closed. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * Runs a process until it is told to stop: SIGTERM, SIGINT, or the end of the parent that holds its IPC channel.
 * What `start` gave is closed within `processCloseSeconds`; a second signal ends at once. Exit codes: 0 stopped, 1 a fault, 5 could not start.
 */
export async function runProcess(options: { log: Log; start(): Promise<Closable> }): Promise<void> {
  const { log } = options;
  let running: Closable | undefined;
  let isStopping = false;
  const stop = async (reason: string, code = 0): Promise<void> => {
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), processCloseSeconds * 1_000).unref();
    try {
      await running?.close();
    } catch (error) {
      log.error({ error }, 'stopping failed');
      process.exit(1);
    }
    process.exit(code);
  };
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  if (process.send) process.on('disconnect', () => void stop('the parent is gone'));
  process.on('unhandledRejection', (error) => {
    log.fatal({ error }, 'a promise failed and nobody waited for it');
    void stop('fault', 1);
  });
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'an exception that nobody caught');
    void stop('fault', 1);
  });
  try {
    running = await options.start();
  } catch (error) {
    log.fatal({ error }, 'could not start');
    process.stderr.write(`could not start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(5);
  }
}
