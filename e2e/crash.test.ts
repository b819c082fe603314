import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { makeViews, postViews } from './views.ts';

const kinds = [
  'analytics-api',
  'analytics-relay',
  'analytics-processor',
  'analytics-loader',
  'aws',
  'postgres',
] as const;
const killsPerKind = 25;
const viewCount = 20_000;
const viewsPerPost = 20;
/** Far more than it takes: whoever needs longer does not recover by itself. */
const recoveryMs = 60_000;
const restartMs = 60_000;
const storeMs = 180_000;
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, 180_000);
afterAll(() => platform?.stop(), 60_000);

/** A random order of all the kills, the same for the same seed. */
function killOrder(): (typeof kinds)[number][] {
  const all = kinds.flatMap((kind) => Array.from({ length: killsPerKind }, () => kind));
  const order = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  return fc.sample(order, { numRuns: 1, seed })[0] ?? [];
}

/** Posts every view until it is answered 202, as a tracker that retries would. Gives back the ids that were. */
async function feed(siteId: string, isOver: () => boolean): Promise<string[]> {
  const accepted: string[] = [];
  const lanes = 4;
  const lane = async (number: number): Promise<void> => {
    for (let sent = 0; sent < viewCount / lanes; sent += viewsPerPost) {
      const views = makeViews(viewsPerPost, sent);
      const deadline = Date.now() + recoveryMs;
      let answered: string[] = [];
      for (let attempt = 0; answered.length === 0; attempt += 1) {
        if (Date.now() > deadline) throw new Error('a view was refused for a minute');
        if (attempt > 0) await platform.pause(20);
        answered = await postViews({ gateway: platform.endpoints.gateway, siteId }, views, sent + number);
      }
      accepted.push(...answered);
      if (!isOver()) await platform.pause(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return accepted;
}

// Spreads the views over the kills: 20,000 views in posts of 20 over four lanes are 250 posts each.
const pauseMs = 500;

/** Kills one process and waits until a new one answers. Gives back how long the platform took after the process was back. */
async function killOne(kind: (typeof kinds)[number], siteId: string): Promise<number> {
  await platform.kill(kind);
  await platform.untilBack(kind, restartMs);
  const backAt = Date.now();
  const probe = makeViews(1, 0);
  const target = { gateway: platform.endpoints.gateway, siteId };
  while ((await postViews(target, probe, 1)).length === 0) {
    if (Date.now() - backAt > recoveryMs) break;
    await platform.pause(20);
  }
  probes.push(...probe.map((view) => view.id));
  return Date.now() - backAt;
}
const probes: string[] = [];

async function missing(database: string, ids: readonly string[]): Promise<number> {
  const sql = postgres(database, { max: 1, fetch_types: false });
  try {
    const rows = await sql<{ id: string }[]>`select id::text as id from event`;
    const stored = new Set(rows.map((row) => row.id));
    if (stored.size !== rows.length) throw new Error(`${rows.length - stored.size} views are stored twice`);
    return ids.filter((id) => !stored.has(id)).length;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

describe(`kill -9, ${killsPerKind} times each of ${kinds.length} processes (seed ${seed})`, () => {
  it('stores every view that was answered 202 once in Aurora and once in the warehouse, and recovers by itself', async () => {
    const siteId = await platform.createSite('shop.example');
    let isOver = false;
    const feeding = feed(siteId, () => isOver);
    const recoveries: { kind: string; ms: number }[] = [];
    for (const kind of killOrder()) recoveries.push({ kind, ms: await killOne(kind, siteId) });
    isOver = true;
    const accepted = [...(await feeding), ...probes];
    expect(accepted.length).toBeGreaterThanOrEqual(viewCount);
    const { analytics = '', warehouse = '' } = platform.endpoints.databases;
    await expect.poll(() => missing(analytics, accepted), { timeout: storeMs, interval: 500 }).toBe(0);
    await expect.poll(() => missing(warehouse, accepted), { timeout: storeMs, interval: 500 }).toBe(0);
    const slow = recoveries.filter(({ ms }) => ms > recoveryMs);
    expect(slow).toEqual([]);
    const worst = Math.max(...recoveries.map(({ ms }) => ms));
    process.stdout.write(
      `crash.test.ts: ${recoveries.length} kills, ${accepted.length} views, slowest recovery ${worst} ms\n`,
    );
  }, 1_800_000);
});
