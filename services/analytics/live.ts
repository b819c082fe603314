// What happens on the sites that somebody watches, pushed to the watchers. One connection listens for all of them.
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import { unavailable } from '@millrace/runtime/problem.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Gauge } from '@millrace/runtime/telemetry.ts';
import { LiveSite } from './live-site.ts';

export interface LiveParts {
  database: Database;
  clock: Clock;
  metrics: Metrics;
  log: Log;
}

/** Takes one message of the stream; `false` means that the reader is gone or too slow. */
export type Send = (event: 'snapshot' | 'views' | 'rolled', data: string) => boolean;

export interface Watcher {
  send: Send;
  /** The feed ends the stream: the process stops, or the reader was too slow. */
  end(): void;
}

export interface Live {
  /** Sends a snapshot and then what is new, until the returned function is called. @throws Problem 503 when it is full. */
  watch(siteId: string, watcher: Watcher): Promise<() => void>;
  close(): Promise<void>;
}

const maxWatchers = 1_000;
const maxSites = 200;
const tickMs = 5_000;

/** Starts to listen. Loss of the database only makes what is shown older: everything is read again when it is back. */
export async function startLive(parts: LiveParts): Promise<Live> {
  const sites = new Map<string, LiveSite>();
  const watchers = new Set<Watcher>();
  new Gauge({
    name: 'analytics_live_watchers',
    help: 'Open live streams.',
    registers: [parts.metrics.registry],
    collect() {
      this.set(watchers.size);
    },
  });
  const wakeAll = (): void => {
    for (const site of sites.values()) site.wake();
  };
  const unlisten = await Promise.all([
    parts.database.listen('analytics_live', (siteId) => sites.get(siteId)?.wake(), wakeAll),
    parts.database.listen('analytics_rolled', (siteId) => sites.get(siteId)?.rolled()),
  ]);
  const ticking = setInterval(() => {
    for (const site of sites.values()) site.tick();
  }, tickMs);
  const siteOf = (siteId: string): LiveSite => {
    const known = sites.get(siteId);
    if (known) return known;
    if (sites.size >= maxSites) throw unavailable('Too many sites are watched at once. Try again.');
    const site = new LiveSite({ ...parts, siteId });
    sites.set(siteId, site);
    return site;
  };
  let isClosed = false;
  return {
    watch: async (siteId, watcher) => {
      if (isClosed) throw unavailable('This process stops. Try again.');
      if (watchers.size >= maxWatchers) throw unavailable('Too many live streams are open. Try again.');
      const site = siteOf(siteId);
      const leave = (): void => {
        watchers.delete(watcher);
        site.leave(watcher);
        if (site.isLonely && sites.get(siteId) === site) sites.delete(siteId);
      };
      watchers.add(watcher);
      try {
        await site.join(watcher);
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
    close: async () => {
      isClosed = true;
      clearInterval(ticking);
      for (const watcher of watchers) watcher.end();
      watchers.clear();
      sites.clear();
      await Promise.all(unlisten.map((stop) => stop()));
    },
  };
}
