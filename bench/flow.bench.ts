import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { migrate } from '@millrace/runtime/migrate.ts';
import { createBrokerTables } from '@millrace/runtime/testing/database-broker.ts';
import { makeWorkerUtils } from 'graphile-worker';
import postgres from 'postgres';
import type { AwsStage } from './aws-stage.ts';
import { openAws } from './aws-stage.ts';
import { workerVariables } from './config.ts';
import { commitNumbers, openBench } from './flow-parts.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { inTurn, median } from './measurement.ts';
import type { Stage } from './stage.ts';
import { openStage, root } from './stage.ts';

const deadlineMs = 120_000;

/** Bar 6: events from the outbox over bus and queue to inbox and effect, each applied exactly once. */
export const flow: Bench = {
  name: 'flow',
  what: 'outbox → bus → queue → inbox + effect, beside graphile-worker at its best and the AWS SDK alone',
  run: async (context) => {
    const stage = await openStage();
    try {
      return [...(await inDatabase(stage, context)), ...(await overWire(stage, context))];
    } finally {
      await stage.close();
    }
  },
};

async function inDatabase(stage: Stage, context: BenchContext): Promise<Figure[]> {
  const count = context.isQuick ? 5_000 : 60_000;
  const url = await prepare(stage, 'flow');
  const graphileUrl = await stage.database('graphile');
  await (await makeWorkerUtils({ connectionString: graphileUrl })).migrate();
  await createEffects(graphileUrl);
  const best = async (task: 'nothing' | 'effect') =>
    Math.max(
      await graphile(graphileUrl, { count, localQueue: 500, task }),
      await graphile(graphileUrl, { count, localQueue: 2_000, task }),
    );
  const rounds = await inTurn(context.isQuick ? 1 : 5, {
    a: () => ours(url, count),
    b: async () => ({ idle: await best('nothing'), working: await best('effect') }),
    onPair: ({ a, b }) =>
      context.progress(
        `in the database: ours ${Math.round(a)}/s, graphile-worker ${Math.round(b.idle)}/s, with an effect ${Math.round(b.working)}/s`,
      ),
  });
  const pairs = rounds.map(({ a, b }) => ({ a, b: b.idle }));
  const detail = { count, pairs };
  const ratio = median(pairs.map(({ a, b }) => a / b));
  const perSecond = median(pairs.map(({ a }) => a));
  const working = median(rounds.map(({ a, b }) => a / b.working));
  return [
    { bar: '6', what: "in the database, beside graphile-worker's best", value: ratio, unit: '×', atLeast: 1, detail },
    {
      bar: '6',
      what: 'in the database, beside graphile-worker whose task inserts the effect, one row a job',
      value: working,
      unit: '×',
      detail: { count, rounds },
    },
    {
      bar: '6',
      what: "in the database: relay and consumer over the tests' broker, a hundred messages a row",
      value: perSecond,
      unit: 'events/s',
      detail,
    },
  ];
}

async function overWire(stage: Stage, context: BenchContext): Promise<Figure[]> {
  const count = context.isQuick ? 2_000 : 20_000;
  const url = await prepare(stage, 'wire');
  const aws = await openAws(stage);
  try {
    const pairs = await inTurn(context.isQuick ? 1 : 5, {
      a: () => ours(url, count, aws.url),
      b: () => sdkAlone(aws, count),
      onPair: ({ a, b }) => context.progress(`over the wire: ours ${Math.round(a)}/s, SDK alone ${Math.round(b)}/s`),
    });
    const detail = { count, pairs };
    const ratio = median(pairs.map(({ a, b }) => a / b));
    const perSecond = median(pairs.map(({ a }) => a));
    return [
      {
        bar: '6',
        what: "over the AWS wire, beside the SDK's receive and delete alone",
        value: ratio,
        unit: '×',
        atLeast: 0.5,
        detail,
      },
      { bar: '6', what: 'over the AWS wire', value: perSecond, unit: 'events/s', detail },
    ];
  } finally {
    aws.remove();
  }
}

async function prepare(stage: Stage, name: string): Promise<string> {
  const url = await stage.database(name);
  await migrate({ url, folder: join(import.meta.dirname, 'migrations') });
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await createBrokerTables(sql);
  await sql.end();
  return url;
}

/** Fills the outbox, starts relay and consumer in a process, and times from the first effect to the last. */
async function ours(url: string, count: number, awsUrl?: string): Promise<number> {
  const database = openBench(url);
  await database.sql`truncate effect, inbox, outbox, test_message, test_published`;
  for (let made = 0; made < count; made += 1_000) {
    await commitNumbers(
      database,
      Array.from({ length: Math.min(1_000, count - made) }, (_, index) => made + index),
    );
  }
  const args = [join(import.meta.dirname, 'flow-worker.ts'), url, ...(awsUrl ? [awsUrl] : [])];
  const left = async () =>
    count - ((await database.sql<{ done: number }[]>`select count(*)::int as done from effect`)[0]?.done ?? 0);
  const perSecond = await timeWorker(args, { count, left });
  await database.close();
  return perSecond;
}

async function createEffects(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  await sql`create table effect (job_id bigint primary key, number integer not null)`;
  await sql.end();
}

async function graphile(
  url: string,
  { count, localQueue, task }: { count: number; localQueue: number; task: 'nothing' | 'effect' },
): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  // A thousand in a statement: add_job for each of 60,000 in one statement takes minutes.
  for (let from = 1; from <= count; from += 1_000) {
    await sql`
      select count(*) from graphile_worker.add_jobs(array(
        select json_populate_record(null::graphile_worker.job_spec,
          json_build_object('identifier', 'count', 'payload', json_build_object('number', number)))
        from generate_series(${from}::integer, ${Math.min(count, from + 999)}::integer) as number))`;
  }
  await sql`vacuum analyze graphile_worker._private_jobs`;
  const left = async () =>
    (await sql<{ left: number }[]>`select count(*)::int as left from graphile_worker._private_jobs`)[0]?.left ?? 0;
  const args = [join(import.meta.dirname, 'peers/graphile-worker.ts'), url, String(localQueue), task];
  const perSecond = await timeWorker(args, { count, left });
  await sql.end();
  return perSecond;
}

/** Runs a program until its work is done; the time until its first result is its start and does not count. */
async function timeWorker(args: string[], work: { count: number; left(): Promise<number> }): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...workerVariables(), NO_LOG_SUCCESS: '1' },
  });
  const end = performance.now() + deadlineMs;
  let first: { at: number; left: number } | undefined;
  try {
    for (;;) {
      const left = await work.left();
      const at = performance.now();
      if (!first && left < work.count) first = { at, left };
      if (left === 0 && first) return first.left / ((at - first.at) / 1_000);
      if (at > end) throw new Error(`${left} of ${work.count} were left after ${deadlineMs} ms`);
      await wait(50);
    }
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const isGone = await Promise.race([gone.then(() => true), wait(5_000, false)]);
    if (!isGone) child.kill('SIGKILL');
  }
}

async function sdkAlone(aws: AwsStage, count: number): Promise<number> {
  const queueUrl = await aws.fill(count);
  const script = join(import.meta.dirname, 'peers/sdk-receive.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, aws.url, queueUrl, String(count)]);
  const [messages, seconds] = stdout.trim().split(' ').map(Number);
  return (messages ?? 0) / (seconds ?? Number.NaN);
}
