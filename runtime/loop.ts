import type { Log } from '@millrace/runtime/log.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';

interface Loop {
  /** In words of the log: "held stock could not be given back". */
  complaint: string;
  everyMs: number;
  /** Does a bounded piece of work. @returns whether there may be more of it at once. */
  step(): Promise<boolean>;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;

/** Repeats a piece of work until it is closed. A fault is logged, and the pauses after it grow. */
export function startLoop(parts: { log: Log; random: Random }, loop: Loop): Closable {
  const { log, random } = parts;
  const pacer = new Pacer({ random, firstPauseMs, longestPauseMs });
  const run = async (): Promise<void> => {
    while (!pacer.isStopped) {
      try {
        const hasMore = await loop.step();
        pacer.succeed();
        if (!hasMore) await pacer.rest(loop.everyMs);
      } catch (error) {
        if (!pacer.isStopped) log.warn({ err: error }, loop.complaint);
        await pacer.backOff();
      }
    }
  };
  const running = run();
  return {
    close: async () => {
      pacer.stop();
      await running;
    },
  };
}
