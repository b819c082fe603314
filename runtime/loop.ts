import type { Log } from './log.ts';
import { Pacer } from './pacer.ts';
import type { Random } from './ports.ts';
import type { Closable } from './process.ts';

interface Loop {
  /** In words of the log: "held stock could not be given back". */
  complaint: string;
  /** How long it rests when nothing is left to do. */
  everyMs: number;
  /** After a fault; 200 ms at first and 10 s at most. */
  firstPauseMs?: number;
  longestPauseMs?: number;
  /** Does a bounded piece of work. @returns whether there may be more of it at once. */
  step(): Promise<boolean>;
}

/** Repeats a piece of work until it is closed; what runs then is finished. A fault is logged, and the pauses after it grow. */
export function startLoop(parts: { log: Log; random: Random }, loop: Loop): Closable {
  const { log, random } = parts;
  const { firstPauseMs = 200, longestPauseMs = 10_000 } = loop;
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
