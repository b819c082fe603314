import { backOffMs } from './back-off.ts';
import type { StreamMessage } from './event-stream.ts';
import { createStreamReader } from './event-stream.ts';

/** Heartbeats come every 15 seconds; a line that is silent for longer is dead. */
const silenceMs = 40_000;
/** A stream that stood so long and then ended did so on purpose. */
const steadyMs = 5_000;
/** Somebody may log in again in another tab. */
const overMs = 15_000;

export type Connection =
  | { state: 'connecting' | 'open' | 'over' }
  | { state: 'waiting'; untilMs: number; reason: string };

interface StreamOptions {
  address: string;
  onMessage(message: StreamMessage): void;
  onConnection(connection: Connection): void;
  /** The line is there again: what changed meanwhile was not told. */
  onReturn(): void;
}

/** Follows a stream of server-sent events, and comes back by itself when it breaks. */
export function followStream(options: StreamOptions): { stop(): void } {
  const stopped = new AbortController();
  const say = options.onConnection;
  const run = async (): Promise<void> => {
    let failures = 0;
    let openedMs: number | undefined;
    const opened = (): void => {
      if (openedMs !== undefined) options.onReturn();
      failures = 0;
      openedMs = performance.now();
      say({ state: 'open' });
    };
    while (!stopped.signal.aborted) {
      const outcome = await readStream({ options, signal: stopped.signal, opened });
      if (stopped.signal.aborted) return;
      // Streams are ended from time to time on purpose; the next one begins at once.
      const isPlanned = outcome === 'ended' && openedMs !== undefined && performance.now() - openedMs > steadyMs;
      if (isPlanned && failures === 0) {
        failures += 1;
        continue;
      }
      failures += 1;
      const waitMs = outcome === 'over' ? overMs : backOffMs(failures, Math.random());
      if (outcome === 'over') say({ state: 'over' });
      else say({ state: 'waiting', untilMs: Date.now() + waitMs, reason: navigator.onLine ? 'away' : 'offline' });
      await waitOrOnline(waitMs, stopped.signal);
      if (outcome !== 'over') say({ state: 'connecting' });
    }
  };
  void run();
  return { stop: () => stopped.abort() };
}

/** Reads until the stream ends. `over`: only a new login helps. */
async function readStream(parts: {
  options: StreamOptions;
  signal: AbortSignal;
  opened(): void;
}): Promise<'ended' | 'failed' | 'over'> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), silenceMs);
  try {
    const response = await fetch(parts.options.address, {
      headers: { accept: 'text/event-stream' },
      signal: AbortSignal.any([parts.signal, silent.signal]),
    });
    if (response.status === 401) return 'over';
    if (!response.ok || !response.body) return 'failed';
    parts.opened();
    const read = createStreamReader(parts.options.onMessage);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), silenceMs);
      read(value);
    }
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}

function waitOrOnline(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
