/** Work by key: a key that is added twice is done once, one that is added while it is done is done again after it. */
export interface WorkQueue {
  /** Has it done now, or after a while; of two moments the sooner one counts. */
  add(key: string, afterMs?: number): void;
  /** Resolves when what runs has ended; nothing else is begun. */
  stop(): Promise<void>;
}

export interface WorkOptions {
  /** How many keys are worked on at once. */
  workers: number;
  /** Does a key's work; a number says in how many milliseconds it is to be done again. */
  work: (key: string) => Promise<number | undefined>;
  /** A failure is tried again; this tells of it. */
  onFault: (key: string, error: unknown, failures: number) => void;
}

const firstRetryMs = 50;
const longestRetryMs = 10_000;

/** Each key is queued at most once, so the queue is as long as there are objects and no longer. */
export function createWorkQueue({ workers, work, onFault }: WorkOptions): WorkQueue {
  const ready = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const failures = new Map<string, number>();
  const later = createTimers((key) => add(key));
  let isStopped = false;

  const add = (key: string, afterMs = 0): void => {
    if (isStopped) return;
    if (afterMs > 0) {
      later.set(key, afterMs);
      return;
    }
    later.forget(key);
    if (running.has(key)) again.add(key);
    else ready.add(key);
    begin();
  };
  const begin = (): void => {
    for (const key of ready) {
      if (isStopped || running.size >= workers) return;
      ready.delete(key);
      running.set(key, run(key));
    }
  };
  const run = async (key: string): Promise<void> => {
    // The caller notes the promise first.
    await Promise.resolve();
    try {
      const afterMs = await work(key);
      failures.delete(key);
      if (afterMs !== undefined) add(key, Math.max(1, afterMs));
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      onFault(key, error, count);
      add(key, Math.min(longestRetryMs, firstRetryMs * 2 ** (count - 1)));
    }
    running.delete(key);
    if (again.delete(key)) add(key);
    begin();
  };
  return {
    add,
    async stop() {
      isStopped = true;
      later.clear();
      await Promise.all(running.values());
    },
  };
}

/** One timer for each key: the sooner of two moments counts. */
function createTimers(fire: (key: string) => void) {
  const timers = new Map<string, { atMs: number; timer: NodeJS.Timeout }>();
  const forget = (key: string): void => {
    clearTimeout(timers.get(key)?.timer);
    timers.delete(key);
  };
  return {
    forget,
    set(key: string, afterMs: number): void {
      const atMs = performance.now() + afterMs;
      if ((timers.get(key)?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) return;
      forget(key);
      timers.set(key, { atMs, timer: setTimeout(() => fire(key), afterMs) });
    },
    clear(): void {
      for (const key of [...timers.keys()]) forget(key);
    },
  };
}
