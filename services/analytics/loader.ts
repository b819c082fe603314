import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@millrace/runtime/database.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Gauge } from '@millrace/runtime/telemetry.ts';
import { loadEvents } from './load-store.ts';
import { rollDays } from './roll-store.ts';

export interface LoaderParts {
  /** Where events arrive. */
  database: Database;
  /** Where they are kept. */
  warehouse: Database;
  log: Log;
  metrics: Metrics;
  clock: Clock;
  random: Random;
  /** Pause between looks when there is nothing to do; one second. */
  intervalMs?: number;
  /** Events of one load; 5,000. */
  chunkRows?: number;
  /** How long a day that Aurora still answers for may wait for its roll-ups; a minute. */
  patienceMs?: number;
}

export interface Loader {
  /** Finishes the step that runs, within its deadline. */
  close(): Promise<void>;
}

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** While events keep coming in full chunks, roll-ups still get a turn. */
const rollEveryMs = 10_000;

/** Carries events from Aurora to the warehouse, for ever. Faults of either only make it wait. */
export function startLoader(parts: LoaderParts): Loader {
  const stop = new AbortController();
  const gauges = makeMetrics(parts);
  const loop = run(parts, gauges, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await loop;
    },
  };
}

interface LoaderMetrics {
  rows: Counter;
  failures: Counter;
  caughtUp: (at: Date) => void;
}

function makeMetrics(parts: LoaderParts): LoaderMetrics {
  const registers = [parts.metrics.registry];
  let caughtUpMs = parts.clock.now().getTime();
  new Gauge({
    name: 'analytics_warehouse_age_seconds',
    help: 'Time since the warehouse had every event that Aurora had.',
    registers,
    collect() {
      this.set(Math.max(0, parts.clock.now().getTime() - caughtUpMs) / 1000);
    },
  });
  return {
    rows: new Counter({ name: 'analytics_loaded_events_total', help: 'Events carried to the warehouse.', registers }),
    failures: new Counter({ name: 'analytics_load_failures_total', help: 'Steps that failed.', registers }),
    caughtUp: (at) => {
      caughtUpMs = at.getTime();
    },
  };
}

async function run(parts: LoaderParts, metrics: LoaderMetrics, stop: AbortSignal): Promise<void> {
  const { random, log } = parts;
  const state = { failures: 0, rolledMs: 0 };
  while (!stop.aborted) {
    try {
      const isBusy = await step(parts, metrics, state);
      if (state.failures > 0) log.info({ failures: state.failures }, 'the warehouse is being loaded again');
      state.failures = 0;
      if (!isBusy) await pause(parts.intervalMs ?? 1_000, stop);
    } catch (error) {
      state.failures += 1;
      metrics.failures.inc();
      if (state.failures === 1) log.warn({ error }, 'loading the warehouse failed; trying again');
      const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(state.failures - 1, 6), longestPauseMs);
      await pause(pauseMs * (0.5 + random.fraction() / 2), stop);
    }
  }
}

/** Carries a chunk and counts days in turn. @returns whether more is known to be waiting. */
async function step(parts: LoaderParts, metrics: LoaderMetrics, state: { rolledMs: number }): Promise<boolean> {
  const asOf = parts.clock.now();
  const loaded = await loadEvents({ ...parts, chunkRows: parts.chunkRows ?? 5_000 });
  if (loaded.outcome === 'busy') return false;
  metrics.rows.inc(loaded.rows);
  if (loaded.isCaughtUp) metrics.caughtUp(asOf);
  const nowMs = parts.clock.now().getTime();
  if (!loaded.isCaughtUp && nowMs - state.rolledMs < rollEveryMs) return true;
  state.rolledMs = nowMs;
  const hasMoreDays = await rollDays({ ...parts, patienceMs: parts.patienceMs ?? 60_000 });
  return hasMoreDays || !loaded.isCaughtUp;
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}
