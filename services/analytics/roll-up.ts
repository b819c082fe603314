import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Histogram } from '@millrace/runtime/telemetry.ts';
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

const shortestRestMs = 500;
const longestRestMs = 60_000;
/** The roller takes at most a fifth of the time, so that counting never competes with storing. */
const restPerWork = 4;
const pollMs = 30_000;
const daysAtOnce = 64;

/** Keeps roll-ups up to date: counts dirty days anew, soon after they changed, and rests longer the longer a run took. */
export function startRoller(parts: RollerParts): Roller {
  const stop = new AbortController();
  const bell = makeBell(stop.signal);
  const loop = rollForever(parts, { bell, stop: stop.signal });
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
  const meters = makeMeters(parts.metrics);
  const unlisten = await database.listen('analytics_dirty', bell.ring, bell.ring);
  let failures = 0;
  while (!stop.aborted) {
    const startedMs = performance.now();
    let isDone = false;
    try {
      isDone = await rollOnce(parts, { meters, stop });
      if (failures > 0) log.info({ failures }, 'roll-ups are being counted again');
      failures = 0;
    } catch (error) {
      failures += 1;
      meters.failures.inc();
      if (failures === 1) log.warn({ error }, 'counting roll-ups failed; trying again');
    }
    const workMs = performance.now() - startedMs;
    const failMs = Math.min(failures, 10) * shortestRestMs;
    const restMs = Math.min(longestRestMs, Math.max(shortestRestMs, workMs * restPerWork, failMs));
    await delay(restMs, undefined, { signal: stop }).catch(() => undefined);
    if (isDone) await bell.wait(pollMs);
  }
  await unlisten();
}

/** @returns false when days are still dirty. */
async function rollOnce(parts: RollerParts, run: { meters: Meters; stop: AbortSignal }): Promise<boolean> {
  const { sql } = parts.database;
  const days = await listDirtyDays(sql, daysAtOnce);
  let isDone = days.length < daysAtOnce;
  for (const day of days) {
    if (run.stop.aborted) return false;
    const end = run.meters.seconds.startTimer();
    const outcome = await rollUpDay(sql, day);
    end();
    run.meters.days.inc({ outcome });
    if (outcome === 'busy' || outcome === 'dirty-again') isDone = false;
  }
  return isDone;
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
  failures: Counter;
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
    failures: new Counter({ name: 'analytics_roll_failures_total', help: 'Runs that failed.', registers }),
    seconds: new Histogram({
      name: 'analytics_roll_day_seconds',
      help: 'Time to count one day of one site.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}
