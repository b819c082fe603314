import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { withDeadline } from '@millrace/runtime/deadline.ts';
import { isTransient } from '@millrace/runtime/failure.ts';
import { unavailable } from '@millrace/runtime/problem.ts';

/** Limits of one PageViewsCollected. The bytes are an estimate from above, well below the bus's 256 KB. */
export const maxBatchEvents = 500;
export const maxBatchBytes = 128 * 1024;

const maxFlushEvents = 5_000;
const maxWaitingEvents = 50_000;
const flushDeadlineMs = 5_000;
const usualFlights = 4;
const gapMs = 1;

/** Writes batches in one transaction and gives back their ids, in order. */
export type WriteBatches = (batches: TrackedEvent[][]) => Promise<string[]>;

interface Waiting {
  events: TrackedEvent[];
  resolve(ids: string[]): void;
  reject(error: unknown): void;
}

export interface GroupCommit {
  /** Settles once the events are committed; gives the ids of the batches that hold them. @throws Problem 503. */
  submit(events: TrackedEvent[]): Promise<string[]>;
  /** Waits until everything that was submitted is settled. */
  drain(): Promise<void>;
}

/**
 * Commits many requests at once: whatever is waiting goes into the next transaction. A lone request leaves when the event
 * loop has read all sockets that are ready; under load writes leave at least `gapMs` apart, because each of them
 * costs as much as several requests. A slow write does not hold up the next one, unless `maxFlights` are under way.
 */
export function groupCommit(options: { write: WriteBatches; maxFlights?: number; deadlineMs?: number }): GroupCommit {
  const { maxFlights = usualFlights, deadlineMs = flushDeadlineMs } = options;
  const write: WriteBatches = (batches) => withDeadline(options.write(batches), deadlineMs);
  const waiting: Waiting[] = [];
  let waitingEvents = 0;
  let isScheduled = false;
  let leftAtMs = Number.NEGATIVE_INFINITY;
  const flights = new Set<Promise<void>>();

  const schedule = (): void => {
    if (isScheduled || waiting.length === 0 || flights.size >= maxFlights) return;
    isScheduled = true;
    setImmediate(leaveInTime);
  };

  // Timers count whole milliseconds from the start of the loop's turn, and may be early.
  const leaveInTime = (): void => {
    const waitMs = leftAtMs + gapMs - performance.now();
    if (waitMs > 0) setTimeout(leaveInTime, Math.ceil(waitMs));
    else leave();
  };

  const leave = (): void => {
    isScheduled = false;
    if (waiting.length === 0) return;
    leftAtMs = performance.now();
    const taken = takeGroup(waiting);
    for (const request of taken) waitingEvents -= request.events.length;
    const flight = flush(taken, write, refuseWaiting).finally(() => {
      flights.delete(flight);
      schedule();
    });
    flights.add(flight);
    schedule();
  };

  // A database that let a whole deadline pass has no answer for those who wait behind it either.
  const refuseWaiting = (error: unknown): void => {
    for (const request of waiting.splice(0)) request.reject(error);
    waitingEvents = 0;
  };

  return {
    submit(events) {
      if (waitingEvents + events.length > maxWaitingEvents) {
        return Promise.reject(unavailable('Too many events are waiting to be written. Try again.'));
      }
      waitingEvents += events.length;
      return new Promise((resolve, reject) => {
        waiting.push({ events, resolve, reject });
        schedule();
      });
    },
    async drain() {
      while (waiting.length > 0 || flights.size > 0 || isScheduled) {
        await (flights.size > 0 ? Promise.all(flights) : new Promise(setImmediate));
      }
    },
  };
}

// Takes from the front. A request is never split between transactions, so one that is larger than the limit goes alone.
function takeGroup(waiting: Waiting[]): Waiting[] {
  let events = 0;
  let count = 0;
  for (const request of waiting) {
    events += request.events.length;
    if (count > 0 && events > maxFlushEvents) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

// When the database refuses a group for what is in it, each request goes alone, so that none fails for another's fault.
async function flush(group: Waiting[], write: WriteBatches, onLate: (error: unknown) => void): Promise<void> {
  const { batches, placed } = packBatches(group.map((request) => request.events));
  try {
    const ids = await write(batches);
    for (const [index, request] of group.entries()) {
      request.resolve((placed[index] ?? []).map((batch) => ids[batch] ?? ''));
    }
  } catch (error) {
    if (group.length > 1 && !isTransient(error)) {
      for (const request of group) await flush([request], write, onLate);
    } else {
      for (const request of group) request.reject(error);
      if ((error as Error).name === 'TimeoutError') onLate(error);
    }
  }
}

/** Packs requests into batches within the limits, in order; `placed` tells for each request which batches hold it. */
export function packBatches(requests: readonly (readonly TrackedEvent[])[]): {
  batches: TrackedEvent[][];
  placed: number[][];
} {
  const batches: TrackedEvent[][] = [];
  let current: TrackedEvent[] = [];
  let bytes = 0;
  const placed = requests.map((events) => {
    const indexes: number[] = [];
    for (const event of events) {
      const size = estimatedBytes(event);
      if (batches.length === 0 || current.length >= maxBatchEvents || bytes + size > maxBatchBytes) {
        current = [];
        bytes = 0;
        batches.push(current);
      }
      current.push(event);
      bytes += size;
      if (indexes.at(-1) !== batches.length - 1) indexes.push(batches.length - 1);
    }
    return indexes;
  });
  return { batches, placed };
}

const fixedBytes = 420;
const bytesPerChar = 3;

// From above: UTF-8 needs at most three bytes for each UTF-16 unit, and what JSON would escape was refused at the door.
function estimatedBytes(event: TrackedEvent): number {
  const texts =
    (event.title?.length ?? 0) +
    (event.name?.length ?? 0) +
    (event.utmSource?.length ?? 0) +
    (event.utmMedium?.length ?? 0) +
    (event.utmCampaign?.length ?? 0);
  const props = event.props ? JSON.stringify(event.props).length : 0;
  return fixedBytes + event.path.length + (event.referrer?.length ?? 0) + bytesPerChar * (texts + props);
}
