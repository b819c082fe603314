// New notices, pushed to whoever watches. One connection hears of them for all watchers of this process.
import type { StreamReader } from '@millrace/runtime/event-stream.ts';
import { inParallel } from '@millrace/runtime/in-parallel.ts';
import { Problem, unavailable } from '@millrace/runtime/problem.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { Gauge } from '@millrace/runtime/telemetry.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { WatchedList } from './live-list.ts';
import { noticeChannel } from './notice-store.ts';

export interface Live extends Closable {
  /** Sends what is new to this person, until the returned function is called. @throws Problem 429 or 503 when there are too many. */
  watch(recipient: string, reader: StreamReader): Promise<() => void>;
}

const maxReaders = 1_000;
const maxReadersEach = 8;
/** How often everybody's list is looked at without a hint: a notification may be lost with its connection. */
const tickMs = 15_000;
/** Of everybody's lists; the other connections are for requests. */
const looksAtOnce = 3;

/** Starts to listen. Loss of the database only delays what is sent: it is read when the database is back. */
export async function startLive(own: Pick<Workload, 'database' | 'log' | 'metrics'>): Promise<Live> {
  const lists = new Map<string, WatchedList>();
  const readers = new Set<StreamReader>();
  new Gauge({
    name: 'notification_live_readers',
    help: 'Open live streams.',
    registers: [own.metrics.registry],
    collect() {
      this.set(readers.size);
    },
  });
  let isLooking = false;
  let isDue = false;
  const lookAtAll = async (): Promise<void> => {
    isDue = false;
    isLooking = true;
    await inParallel([...lists.values()], looksAtOnce, (list) => list.refresh());
    isLooking = false;
    // Whatever asked for it while this round ran: those at its beginning were looked at before.
    if (isDue) await lookAtAll();
  };
  const wakeAll = (): void => {
    isDue = true;
    if (!isLooking) void lookAtAll();
  };
  const unlisten = await own.database.listen(noticeChannel, (recipient) => lists.get(recipient)?.wake(), wakeAll);
  const ticking = setInterval(wakeAll, tickMs);
  let isClosed = false;
  return {
    watch: async (recipient, reader) => {
      if (isClosed) throw unavailable('This process stops. Try again.');
      if (readers.size >= maxReaders) throw unavailable('Too many live streams are open. Try again.');
      const list = lists.get(recipient) ?? new WatchedList({ ...own, recipient });
      if (list.size >= maxReadersEach) throw tooMany();
      lists.set(recipient, list);
      readers.add(reader);
      const leave = (): void => {
        readers.delete(reader);
        list.leave(reader);
        if (list.size === 0 && lists.get(recipient) === list) lists.delete(recipient);
      };
      try {
        await list.join(reader);
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
    close: async () => {
      isClosed = true;
      clearInterval(ticking);
      for (const reader of readers) reader.end();
      readers.clear();
      lists.clear();
      await unlisten();
    },
  };
}

const tooMany = (): Problem =>
  new Problem(429, 'too-many-streams', `You may have ${maxReadersEach} live streams at once. Close one.`, {
    headers: { 'retry-after': '5' },
  });
