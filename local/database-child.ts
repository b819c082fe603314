import { setTimeout as delay } from 'node:timers/promises';
import type { Child, Watcher } from './child.ts';
import type { LogFile } from './log-file.ts';
import type { PostgresServer } from './postgres.ts';
import { startPostgres } from './postgres.ts';

const maxBackOffMs = 2_000;

/** Starts PostgreSQL and starts it again whenever it ends. @throws MachineFault when it does not start at first. */
export async function superviseDatabase(
  options: { dataDir: string; port: number },
  log: LogFile,
  watcher: Watcher,
): Promise<Child & { url: string }> {
  const start = (): Promise<PostgresServer> => startPostgres({ ...options, log: (line) => log.write(`${line}\n`) });
  const state = { isStopping: false, server: await start() };
  const { url } = state.server;
  const keepUp = async (): Promise<void> => {
    while (!state.isStopping) {
      watcher.onPid('postgres', state.server.pid);
      const how = await state.server.exited;
      watcher.onPid('postgres', undefined);
      if (state.isStopping) return;
      watcher.onNote(`postgres ended (${how}); it starts again.`);
      await startAgain();
    }
  };
  const startAgain = async (): Promise<void> => {
    for (let pauseMs = 50; !state.isStopping; pauseMs = Math.min(maxBackOffMs, pauseMs * 2)) {
      try {
        state.server = await start();
        return;
      } catch (error) {
        watcher.onNote(`postgres: ${error instanceof Error ? error.message : String(error)}`);
        await delay(pauseMs);
      }
    }
  };
  const ended = keepUp();
  return {
    name: 'postgres',
    url,
    ready: async () => undefined,
    stop: async () => {
      state.isStopping = true;
      await state.server.stop();
      await ended;
      await state.server.stop();
    },
  };
}
