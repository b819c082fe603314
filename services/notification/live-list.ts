import type { Database } from '@millrace/runtime/database.ts';
import type { StreamReader } from '@millrace/runtime/event-stream.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { listNotices } from './notice-store.ts';
import { viewOf } from './notice-view.ts';

interface ListParts {
  recipient: string;
  database: Database;
  log: Log;
}

/** What one person is told between two looks; older ones are in the list of the API. */
const newest = 50;
const maxKnown = 500;

/** One person's list with those who watch it, and at most one read of it at a time. */
export class WatchedList {
  readonly #parts: ListParts;
  readonly #readers = new Set<StreamReader>();
  /** The ids that are sent or were there before; `undefined` until the first read. */
  #known: Set<string> | undefined;
  #reading: Promise<void> | undefined;
  #isAwake = false;

  constructor(parts: ListParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** From its return on nothing new is missed. @throws what the database throws. */
  async join(reader: StreamReader): Promise<void> {
    this.#readers.add(reader);
    if (!this.#known) await (this.#reading ?? this.#read());
    if (!this.#known) await this.#read();
  }

  leave(reader: StreamReader): void {
    this.#readers.delete(reader);
  }

  /** Something may be new: look, now or after the look that runs. */
  wake(): void {
    this.#isAwake = true;
    if (this.#reading || this.size === 0) return;
    // What failed is tried again at the next hint or tick.
    this.#read().catch((error: unknown) => this.#parts.log.warn({ err: error }, 'new notices could not be read'));
  }

  /** Looks, and settles when the look is over; a fault of it is logged. */
  async refresh(): Promise<void> {
    this.wake();
    await this.#reading?.catch(() => undefined);
  }

  #read(): Promise<void> {
    this.#isAwake = false;
    this.#reading = this.#look().finally(() => {
      this.#reading = undefined;
      if (this.#isAwake) this.wake();
    });
    return this.#reading;
  }

  async #look(): Promise<void> {
    const { database, recipient } = this.#parts;
    const notices = await listNotices(database.db, { recipient, after: undefined, limit: newest });
    const known = this.#known;
    const fresh = known ? notices.filter(({ id }) => !known.has(id)).reverse() : [];
    for (const notice of fresh) this.#send(JSON.stringify(viewOf(notice)));
    const ids = [...notices.map(({ id }) => id), ...(known ?? [])];
    this.#known = new Set(ids.slice(0, maxKnown));
  }

  #send(data: string): void {
    for (const reader of this.#readers) if (!reader.send('notice', data)) reader.end();
  }
}
