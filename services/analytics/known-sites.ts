import type { Clock } from '@millrace/runtime/ports.ts';
import type { KnownSite } from './site-store.ts';

const knownMs = 30_000;
const unknownMs = 5_000;
const maxKept = 10_000;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Sites by their public key, remembered for a short time; unknown ones for a shorter one. */
export interface KnownSites {
  find(key: string): Promise<KnownSite | undefined>;
  /** A site that was just made is known here at once. */
  add(site: KnownSite): void;
}

interface Entry {
  site: Promise<KnownSite | undefined>;
  untilMs: number;
}

/** Asks the database once for each site and period, however many requests wait for the answer. */
export function knownSites(parts: { load: (id: string) => Promise<KnownSite | undefined>; clock: Clock }): KnownSites {
  const kept = new Map<string, Entry>();
  const nowMs = () => parts.clock.now().getTime();
  const keep = (id: string, entry: Entry): void => {
    kept.delete(id);
    if (kept.size >= maxKept) {
      const oldest = kept.keys().next();
      if (!oldest.done) kept.delete(oldest.value);
    }
    kept.set(id, entry);
  };
  return {
    async find(key) {
      if (!uuidForm.test(key)) return undefined;
      const id = key.toLowerCase();
      const standing = kept.get(id);
      if (standing && standing.untilMs > nowMs()) return standing.site;
      const entry: Entry = { site: parts.load(id), untilMs: nowMs() + unknownMs };
      keep(id, entry);
      try {
        const site = await entry.site;
        if (site) entry.untilMs = nowMs() + knownMs;
        return site;
      } catch (error) {
        if (kept.get(id) === entry) kept.delete(id);
        throw error;
      }
    },
    add(site) {
      keep(site.id, { site: Promise.resolve(site), untilMs: nowMs() + knownMs });
    },
  };
}
