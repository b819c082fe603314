// Two real databases for tests, Aurora's and the warehouse's, with events that a seed decides.
import { join } from 'node:path';
import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import { formatUuid, systemRandom } from '@millrace/runtime/ports.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { storeEvents } from '../event-store.ts';
import { loadEvents } from '../load-store.ts';
import { rollDays } from '../roll-store.ts';
import { listDirtyDays, rollUpDay } from '../roll-up-store.ts';
import { migrateWarehouse, openWarehouse } from '../warehouse.ts';

export interface Stores {
  database: Database;
  warehouse: Database;
  loading: Database;
  urls: { database: string; warehouse: string };
  clock: Clock & { set(at: Date): void };
  /** Makes a site of this owner. */
  addSite(owner: string): Promise<string>;
  store(events: readonly TrackedEvent[]): Promise<void>;
  /** Rolls up what is dirty in Aurora, carries everything to the warehouse and rolls it up there. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export const quietLog = createLog({ name: 'test', level: 'fatal' });

export async function openStores(now = new Date()): Promise<Stores> {
  const [hot, kept] = [await createTestDatabase(), await createTestDatabase()];
  await migrate({ url: hot.url, folder: join(import.meta.dirname, '..', 'migrations') });
  await migrateWarehouse({ url: kept.url });
  const database = openDatabase({ url: hot.url, applicationName: 'test', poolSize: 8, statementTimeoutMs: 60_000 });
  const warehouse = openWarehouse({ url: kept.url }, 'query');
  const loading = openWarehouse({ url: kept.url }, 'load');
  let today = now;
  const clock = {
    now: () => today,
    set: (at: Date) => {
      today = at;
    },
  };
  return {
    database,
    warehouse,
    loading,
    urls: { database: hot.url, warehouse: kept.url },
    clock,
    addSite: (owner) => addSite(database, owner),
    store: (events) => store(database, events),
    settle: () => settle({ database, loading, clock }),
    close: async () => {
      await Promise.all([database.close(), warehouse.close(), loading.close()]);
      await kept.drop();
      // A server of this process alone is gone with the first.
      await hot.drop().catch(() => undefined);
    },
  };
}

async function addSite(database: Database, owner: string): Promise<string> {
  const id = systemRandom.uuid();
  await database.sql`
    insert into site (id, created_at, owner, name, domain, time_zone)
    values (${id}, now(), ${owner}, 'A site', 'example.com', 'UTC')`;
  return id;
}

async function store(database: Database, events: readonly TrackedEvent[]): Promise<void> {
  for (let index = 0; index < events.length; index += 1_000) {
    await database.db.transaction((tx) => storeEvents(tx, events.slice(index, index + 1_000)));
  }
}

async function settle(stores: { database: Database; loading: Database; clock: Clock }): Promise<void> {
  const { database, loading: warehouse, clock } = stores;
  for (let days = await listDirtyDays(database.sql, 500); days.length > 0; ) {
    for (const day of days) await rollUpDay(database.sql, day);
    days = await listDirtyDays(database.sql, 500);
  }
  // Tests in other databases share the server's transactions: what is younger than an open one waits for it.
  await waitFor(async () => {
    await loadEvents({ database, warehouse, clock, chunkRows: 5_000 });
    const left = await database.sql`select 1 from event where tx >= (select tx from load_watermark) limit 1`;
    return left.length === 0;
  }, 60_000);
  for (let isMore = true; isMore; ) isMore = await rollDays({ warehouse, clock, patienceMs: -60_000 });
}

/** Numbers in [0, 1) that a seed decides. Source: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface EventPlan {
  siteId: string;
  count: number;
  fromMs: number;
  toMs: number;
  visitors?: number;
  paths?: number;
}

/** Events of visitors who come and go; some at the very edges of visits, quarters and days. */
export function randomEvents(random: () => number, plan: EventPlan): TrackedEvent[] {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const events: TrackedEvent[] = [];
  let atMs = plan.fromMs;
  let visitor = 1;
  let client = {};
  while (events.length < plan.count) {
    if (events.length === 0 || random() < 0.35) {
      atMs = plan.fromMs + Math.floor(random() * (plan.toMs - plan.fromMs));
      if (random() < 0.1) atMs -= atMs % 900_000;
      visitor = 1 + Math.floor(random() * (plan.visitors ?? 40));
      client = {
        country: pick(['AT', 'DE', 'NP', undefined]),
        browser: pick(['Firefox', 'Chrome', undefined]),
        os: pick(['Linux', 'iOS']),
        device: pick(['desktop', 'mobile'] as const),
        language: pick(['de', 'en-GB']),
        referrer: pick(['news.example', '-', undefined]),
        utmCampaign: pick(['spring', undefined]),
      };
    } else atMs += pick([1_000, 20_000, 240_000, 1_799_999, 1_800_000, 1_800_001]);
    if (atMs >= plan.toMs) continue;
    const type = pick(['pageview', 'pageview', 'pageview', 'engagement', 'custom'] as const);
    const at = new Date(atMs).toISOString();
    events.push({
      id: formatUuid(
        Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256)),
        4,
      ),
      siteId: plan.siteId,
      visitor: visitor.toString(16).padStart(16, random() < 0.5 ? 'f' : '0'),
      type,
      at,
      receivedAt: at,
      path: `/${Math.floor(random() ** 2 * (plan.paths ?? 8))}`,
      ...client,
      ...(type === 'engagement' && { seconds: Math.floor(random() * 60) }),
      ...(type === 'custom' && { name: pick(['signup', 'download']), props: { plan: 'a' } }),
    });
  }
  return events;
}
