import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Histogram } from '@millrace/runtime/telemetry.ts';
import type { SiteDay } from './roll-up-store.ts';
import { listDirtyDays, rollUpDay } from './roll-up-store.ts';

export interface RollerParts {
  /** Its statements may take a minute: a busy day is counted as a whole. */
  database: Database;
  log: Log;
  metrics: Metrics;
}

export interface Roller {
  /** Finishes the day that it counts and stops. */
  close(): Promise<void>;
}

/** How long a day stays as it was counted: at least this, and four times what counting it took. */
const shortestRestMs = 500;
const longestRestMs = 60_000;
const restPerWork = 4;
/** Between two looks at what is dirty, however often it rings. */
const lookMs = 100;
const pollMs = 30_000;
const maxFailMs = 5_000;
const daysAtOnce = 1_000;

/**
 * Keeps roll-ups up to date: counts dirty days anew soon after they changed, the newest first. A busy day waits longer
 * for its next count, and after each count the roller rests as long as it worked, so that storing always has room.
 */
export function startRoller(parts: RollerParts): Roller {
  const stop = new AbortController();
  const loop = rollForever(parts, { bell: makeBell(stop.signal), stop: stop.signal });
  return {
    close: async () => {
      stop.abort();
      await loop;
    },
  };
}

async function rollForever(parts: RollerParts, signals: { bell: Bell; stop: AbortSignal }): Promise<void> {
  const { bell, stop } = signals;
  const { log, database } = parts;
  const roll = makeTurn(database.sql, makeMeters(parts.metrics));
  const unlisten = await database.listen('analytics_dirty', bell.ring, bell.ring);
  let failures = 0;
  while (!stop.aborted) {
    try {
      const turn = await roll();
      if (failures > 0) log.info({ failures }, 'roll-ups are being counted again');
      failures = 0;
      await pause(turn.workMs || lookMs, stop);
      if (turn.workMs === 0) await bell.wait(turn.idleMs);
    } catch (error) {
      failures += 1;
      if (failures === 1) log.warn({ err: error }, 'counting roll-ups failed; trying again');
      await pause(Math.min(failures * shortestRestMs, maxFailMs), stop);
    }
  }
  await unlisten();
}

interface Turn {
  /** 0 when no day was due. */
  workMs: number;
  /** When the next day is due, if nothing new comes. */
  idleMs: number;
}

/** Counts the newest dirty day that has rested enough. */
function makeTurn(sql: Database['sql'], meters: Meters): () => Promise<Turn> {
  /** When days that were counted lately may be counted again. */
  const restsUntil = new Map<string, number>();
  return async () => {
    const days = await listDirtyDays(sql, daysAtOnce);
    const startedMs = performance.now();
    for (const [key, untilMs] of restsUntil) if (untilMs <= startedMs) restsUntil.delete(key);
    const next = days.find((day) => !restsUntil.has(keyOf(day)));
    if (!next) {
      const waits = days.map((day) => (restsUntil.get(keyOf(day)) ?? startedMs) - startedMs);
      return { workMs: 0, idleMs: Math.min(pollMs, ...waits) };
    }
    try {
      const outcome = await rollUpDay(sql, next);
      meters.days.inc({ outcome });
    } catch (error) {
      meters.days.inc({ outcome: 'failed' });
      throw error;
    } finally {
      const workMs = performance.now() - startedMs;
      meters.seconds.observe(workMs / 1000);
      const restMs = Math.min(longestRestMs, Math.max(shortestRestMs, workMs * restPerWork));
      restsUntil.set(keyOf(next), performance.now() + restMs);
    }
    return { workMs: performance.now() - startedMs, idleMs: 0 };
  };
}

const keyOf = ({ siteId, day }: SiteDay): string => `${siteId} ${day}`;

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}

interface Bell {
  ring(): void;
  /** Settles when it rang since the last wait, at the latest after `limitMs`. */
  wait(limitMs: number): Promise<void>;
}

function makeBell(stop: AbortSignal): Bell {
  let hasRung = false;
  let wake = new AbortController();
  return {
    ring: () => {
      hasRung = true;
      wake.abort();
    },
    wait: async (limitMs) => {
      if (!hasRung)
        await delay(limitMs, undefined, { signal: AbortSignal.any([stop, wake.signal]) }).catch(() => undefined);
      hasRung = false;
      wake = new AbortController();
    },
  };
}

interface Meters {
  days: Counter<'outcome'>;
  seconds: Histogram;
}

function makeMeters(metrics: Metrics): Meters {
  const registers = [metrics.registry];
  return {
    days: new Counter({
      name: 'analytics_rolled_days_total',
      help: 'Days whose roll-ups were counted, by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'analytics_roll_day_seconds',
      help: 'Time to count one day of one site.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}
