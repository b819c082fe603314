import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '@millrace/runtime/database.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import { createBrokerTables } from '@millrace/runtime/testing/database-broker.ts';
import { run as runGraphile } from 'graphile-worker';
import { openAws } from './aws-stage.ts';
import type { Way } from './flow-parts.ts';
import { commitNumbers, openBench, startFlow } from './flow-parts.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { percentile } from './measurement.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

const gapMs = 20;
const answerMs = 10_000;

/** Bar 7: from the start of the business transaction to the handler, on an idle system. */
export const latency: Bench = {
  name: 'latency',
  what: 'event latency on an idle system, beside graphile-worker with its defaults',
  run: async (context) => {
    const stage = await openStage();
    const count = context.isQuick ? 50 : 500;
    try {
      const rounds: { ours: number[]; graphile: number[] }[] = [];
      for (let round = 0; round < (context.isQuick ? 1 : 3); round += 1) {
        const ours = await measureFlow(stage, { name: `latency_${round}`, way: { kind: 'database' }, count });
        rounds.push({ ours, graphile: await measureGraphile(stage, `graphile_${round}`, count) });
      }
      const aws = await openAws(stage);
      const wire = await measureFlow(stage, { name: 'latency_wire', way: { kind: 'aws', url: aws.url }, count });
      aws.remove();
      return figures(rounds, wire, context);
    } finally {
      await stage.close();
    }
  },
};

function figures(rounds: { ours: number[]; graphile: number[] }[], wire: number[], context: BenchContext): Figure[] {
  const ours = rounds.flatMap((round) => round.ours);
  const graphile = rounds.flatMap((round) => round.graphile);
  const summary = (times: number[]) => ({ p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) });
  const detail = { ours: summary(ours), graphile: summary(graphile), wire: summary(wire) };
  context.progress(JSON.stringify(detail));
  const median = detail.ours.p50Ms / detail.graphile.p50Ms;
  const p99 = detail.ours.p99Ms / detail.graphile.p99Ms;
  return [
    {
      bar: '7',
      what: "in the database, median beside graphile-worker's default",
      value: median,
      unit: '×',
      atMost: 2,
      detail,
    },
    {
      bar: '7',
      what: "in the database, p99 beside graphile-worker's default",
      value: p99,
      unit: '×',
      atMost: 3,
      detail,
    },
    { bar: '7', what: 'over the AWS wire, p99', value: detail.wire.p99Ms, unit: 'ms', atMost: 100, detail },
    { bar: '7', what: 'over the AWS wire, median', value: detail.wire.p50Ms, unit: 'ms', detail },
  ];
}

/** Waits for numbers that were sent to arrive, and keeps the time that each took. */
function stopwatch() {
  const waiting = new Map<number, { sentAt: number; resolve: (ms: number) => void }>();
  return {
    arrived: (numbers: readonly number[]) => {
      for (const number of numbers) {
        const entry = waiting.get(number);
        waiting.delete(number);
        entry?.resolve(performance.now() - entry.sentAt);
      }
    },
    time: async (number: number, send: () => Promise<unknown>): Promise<number> => {
      const sentAt = performance.now();
      const arrival = new Promise<number>((resolve) => waiting.set(number, { sentAt, resolve }));
      await send();
      const late = wait(answerMs).then(() => Number.NaN);
      return Promise.race([arrival, late]);
    },
  };
}

async function series(count: number, one: (number: number) => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let number = 0; number < count + 20; number += 1) {
    const ms = await one(number);
    if (Number.isNaN(ms)) throw new Error(`an event did not arrive within ${answerMs} ms`);
    if (number >= 20) times.push(ms);
    await wait(gapMs);
  }
  return times;
}

async function measureFlow(stage: Stage, options: { name: string; way: Way; count: number }): Promise<number[]> {
  const url = await stage.database(options.name);
  await migrate({ url, folder: join(import.meta.dirname, 'migrations') });
  const database: Database = openBench(url);
  await createBrokerTables(database.sql);
  const watch = stopwatch();
  const flow = startFlow({ database, way: options.way, onApplied: watch.arrived });
  try {
    return await series(options.count, (number) => watch.time(number, () => commitNumbers(database, [number])));
  } finally {
    await flow.close();
    await database.close();
  }
}

async function measureGraphile(stage: Stage, name: string, count: number): Promise<number[]> {
  const connectionString = await stage.database(name);
  const watch = stopwatch();
  const runner = await runGraphile({
    connectionString,
    noHandleSignals: true,
    concurrency: 1,
    taskList: { count: (payload: unknown) => watch.arrived([(payload as { number: number }).number]) },
  });
  try {
    return await series(count, (number) => watch.time(number, () => runner.addJob('count', { number })));
  } finally {
    await runner.stop();
  }
}
