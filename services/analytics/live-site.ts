import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type { Watcher } from './live.ts';
import type { LivePosition } from './live-store.ts';
import { loadWindow, readNew } from './live-store.ts';
import type { LiveView } from './live-window.ts';
import { LiveWindow } from './live-window.ts';

interface SiteParts {
  siteId: string;
  database: Database;
  clock: Clock;
  log: Log;
}

interface Known {
  window: LiveWindow;
  position: LivePosition;
  asOf: Date;
}

/** Reads are at least so far apart: a burst of notifications is one read. */
const restMs = 40;
const retryMs = 500;
const maxViews = 200;

/** One watched site: its window, who watches it, and at most one read at a time. */
export class LiveSite {
  readonly #parts: SiteParts;
  readonly #watchers = new Set<Watcher>();
  #known: Known | undefined;
  #reading: Promise<void> | undefined;
  #isAwake = false;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastSnapshot = '';

  constructor(parts: SiteParts) {
    this.#parts = parts;
  }

  get isLonely(): boolean {
    return this.#watchers.size === 0;
  }

  /** Loads the window if nobody watched before, and sends it. @throws what the database throws. */
  async join(watcher: Watcher): Promise<void> {
    this.#watchers.add(watcher);
    while (!this.#known) await this.#first();
    // From here to the set of watchers nothing waits, so the next read misses nothing and repeats nothing.
    if (this.#watchers.has(watcher)) watcher.send('snapshot', this.#snapshotText(this.#known));
  }

  /** The read that runs, or the first of all. */
  #first(): Promise<void> {
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined;
      if (this.#isAwake) this.wake();
    });
    return this.#reading;
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.isLonely) clearTimeout(this.#timer);
  }

  /** Something was committed: read it, soon. */
  wake(): void {
    this.#isAwake = true;
    if (this.#reading || this.#timer || this.isLonely) return;
    const waitMs = Math.max(0, this.#lastMs + restMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#read();
    }, waitMs);
  }

  /** Looks whether a notification was lost, and sends the snapshot when it changed. */
  tick(): void {
    this.wake();
    if (!this.#known) return;
    const { asOf, ...content } = this.#content(this.#known);
    const text = JSON.stringify(content);
    if (text === this.#lastSnapshot) return;
    this.#lastSnapshot = text;
    this.#broadcast('snapshot', JSON.stringify({ ...content, asOf }));
  }

  /** The roll-ups of the site were counted anew. */
  rolled(): void {
    this.#broadcast('rolled', JSON.stringify({ asOf: this.#parts.clock.now().toISOString() }));
  }

  #read(): void {
    if (this.#reading || this.isLonely) return;
    this.#isAwake = false;
    const startedMs = performance.now();
    this.#reading = this.#readOnce()
      .catch((error) => {
        this.#parts.log.debug({ error }, 'the live view waits for the database');
        this.#isAwake = true;
        this.#lastMs = performance.now() + retryMs;
      })
      .finally(() => {
        this.#reading = undefined;
        // A slow database is asked at most a third of the time.
        this.#lastMs = Math.max(this.#lastMs, performance.now() + 2 * (performance.now() - startedMs) - restMs);
        if (this.#isAwake) this.wake();
      });
  }

  async #readOnce(): Promise<void> {
    const known = this.#known;
    if (!known) return await this.#load();
    const { database, siteId, clock } = this.#parts;
    const asOf = clock.now();
    const read = await readNew(database, { siteId, position: known.position, nowMs: asOf.getTime() });
    if (read.outcome === 'lost') {
      this.#known = undefined;
      await this.#load();
      return this.tick();
    }
    known.position = read.position;
    known.asOf = asOf;
    if (read.events.length === 0) return;
    this.#sendViews(known, known.window.add(read.events, clock.now().getTime()));
  }

  async #load(): Promise<void> {
    const { database, siteId, clock } = this.#parts;
    const asOf = clock.now();
    const { seed, position } = await loadWindow(database, { siteId, nowMs: asOf.getTime() });
    this.#known = { window: new LiveWindow(seed), position, asOf };
  }

  #sendViews(known: Known, views: readonly LiveView[]): void {
    if (views.length === 0) return;
    const visitorsNow = known.window.visitorsNow(this.#parts.clock.now().getTime());
    const asOf = known.asOf.toISOString();
    for (let sent = 0; sent < views.length; sent += maxViews) {
      const some = views.slice(sent, sent + maxViews);
      this.#broadcast('views', JSON.stringify({ visitorsNow, views: some, asOf }));
    }
  }

  #content(known: Known) {
    return { ...known.window.snapshot(this.#parts.clock.now().getTime()), asOf: known.asOf.toISOString() };
  }

  #snapshotText(known: Known): string {
    return JSON.stringify(this.#content(known));
  }

  #broadcast(event: 'snapshot' | 'views' | 'rolled', data: string): void {
    for (const watcher of [...this.#watchers]) if (!watcher.send(event, data)) watcher.end();
  }
}
