// Server-sent events for routes: bounded, with heartbeats, and ended by either side.
import type { Random } from './ports.ts';
import { Problem } from './problem.ts';
import type { HeaderReader, Reply } from './route.ts';
import { stream } from './route.ts';

const encoder = new TextEncoder();
/** A reader who is this far behind is let go; it comes back and starts anew. */
const maxWaitingBytes = 256 * 1024;
const heartbeatMs = 15_000;
/** No stream outlives its access token by much: the reader comes back with a fresh one. */
const maxStreamMs = 10 * 60_000;
const headers = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };

/** One reader, as whoever feeds it sees it. */
export interface StreamReader {
  /** `data` is one line, such as JSON. @returns `false` when the reader is gone or too slow. */
  send(event: string, data: string): boolean;
  /** The feed ends the stream: the process stops, or the reader was too slow. */
  end(): void;
}

/** A page may watch only from the origin that serves this API; programs send no Origin. @throws Problem 403. */
export function refuseForeignPage(sent: HeaderReader): void {
  const origin = sent.get('origin');
  const isForeign = origin !== null && URL.parse(origin)?.host !== sent.get('host');
  if (!isForeign && sent.get('sec-fetch-site') !== 'cross-site') return;
  throw new Problem(403, 'foreign-origin', 'Pages of other origins may not watch.');
}

/**
 * Answers with a stream of events that ends when the reader goes, when `signal` fires or after ten minutes. `join` is handed
 * the reader and gives back what to call when it is gone.
 * @throws what `join` throws; then there is no stream.
 */
export async function eventStream(
  join: (reader: StreamReader) => Promise<() => void>,
  ports: { random: Random; signal: AbortSignal },
): Promise<Reply> {
  const { random, signal } = ports;
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        control = controller;
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxWaitingBytes }),
  );
  let leave: (() => void) | undefined;
  let isOver = false;
  const write = (text: string): boolean => {
    if (isOver || !control || (control.desiredSize ?? 0) <= 0) return false;
    control.enqueue(encoder.encode(text));
    return true;
  };
  const beating = setInterval(() => write(':\n\n') || end(), heartbeatMs);
  const lifetime = setTimeout(() => end(), maxStreamMs * (0.9 + random.fraction() / 10));
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(beating);
    clearTimeout(lifetime);
    leave?.();
    // A stream that the reader has cancelled is closed already.
    if (control?.desiredSize !== null) swallow(() => control?.close());
  };
  signal.addEventListener('abort', end, { once: true });
  write('retry: 1000\n\n');
  try {
    leave = await join({ end, send: (event, data) => write(`event: ${event}\ndata: ${data}\n\n`) });
  } catch (error) {
    end();
    throw error;
  }
  if (isOver || signal.aborted) {
    leave();
    end();
  }
  return stream('text/event-stream; charset=utf-8', body, headers);
}

function swallow(action: () => void): void {
  try {
    action();
  } catch {
    // Closed at the other end in the same moment.
  }
}
