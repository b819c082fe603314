import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { provisionEvents } from '@millrace/local/aws/provision.ts';
import postgres from 'postgres';
import { startEndpoint } from './aws-stage.ts';
import type { BundledService } from './bundles.ts';
import { bundleAll } from './bundles.ts';
import { startIssuer } from './issuer.ts';
import { startMailSink } from './mail-sink.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import { diets, feed } from './memory-events.ts';
import type { Ask } from './memory-requests.ts';
import { mixtures } from './memory-requests.ts';
import type { Surroundings } from './services.ts';
import { prepareDatabases } from './services.ts';
import type { Stage } from './stage.ts';
import { openStage, startWorker } from './stage.ts';

const fullCount = 50_000;
const quickCount = 1_000;
const connections = 16;

/** Bar 11: resident memory of each service, idle, and after so many requests to its api or events to its worker. */
export const memory: Bench = {
  name: 'memory',
  what: `resident memory of each bundled service, idle and after ${fullCount} requests or events, beside raw node:http`,
  run: async (context) => {
    const stage = await openStage();
    const [issuer, mail, aws] = await Promise.all([startIssuer(), startMailSink(), startEndpoint(stage)]);
    try {
      await provisionEvents({ endpoint: aws.url, environment: 'dev' });
      const databases = await prepareDatabases(stage);
      return await measureAll(stage, { databases, issuer, awsUrl: aws.url, smtpUrl: mail.url }, context);
    } finally {
      issuer.close();
      mail.close();
      await stage.close();
      aws.remove();
    }
  },
};

async function measureAll(
  stage: Stage,
  surroundings: Subject['surroundings'],
  context: BenchContext,
): Promise<Figure[]> {
  const bundles = await bundleAll(surroundings);
  try {
    const figures: Figure[] = [];
    for (const service of bundles.services) {
      figures.push(...(await measureApi({ stage, service, surroundings }, context)));
      figures.push(...(await measureWorker({ stage, service, surroundings }, context)));
    }
    return figures;
  } finally {
    bundles.remove();
  }
}

interface Subject {
  stage: Stage;
  service: BundledService;
  surroundings: Surroundings & Required<Pick<Surroundings, 'issuer' | 'awsUrl'>>;
}

/** Resident memory of a process in MB, from /proc. */
function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1_000_000;
}

async function measureApi(subject: Subject, context: BenchContext): Promise<Figure[]> {
  const { stage, service, surroundings } = subject;
  const idle = await measureIdle(subject, { workload: 'api', runs: context.isQuick ? 1 : 5 });
  const count = context.isQuick ? quickCount : fullCount;
  const worker = await service.start(stage);
  const ask = await mixtures[service.name]?.({ worker, ...surroundings });
  if (!ask) throw new Error(`nothing is asked of ${service.name} yet`);
  const startedAt = performance.now();
  await send(service.name, ask, count);
  const perSecond = (count / (performance.now() - startedAt)) * 1_000;
  const after = await settled(worker.pid);
  await worker.stop();
  return [
    idleFigure(service.name, idle),
    busyFigure(service.name, { after, count, what: 'requests', perSecond }, context),
  ];
}

/** The worker of a service that has one by this name: the others' parts are in other bars. */
async function measureWorker(subject: Subject, context: BenchContext): Promise<Figure[]> {
  const { stage, service, surroundings } = subject;
  const prepare = diets[service.name];
  if (!prepare) return [];
  const name = `${service.name} worker`;
  const idle = await measureIdle(subject, { workload: 'worker', runs: context.isQuick ? 1 : 3 });
  const count = context.isQuick ? quickCount : fullCount;
  const sql = postgres(surroundings.databases[service.name] ?? '', { max: 1, onnotice: () => undefined });
  try {
    const diet = await prepare(sql);
    const worker = await service.start(stage, 'worker');
    const startedAt = performance.now();
    await feed({ service: service.name, diet, count, awsUrl: surroundings.awsUrl, sql });
    const perSecond = (count / (performance.now() - startedAt)) * 1_000;
    const after = await settled(worker.pid);
    await worker.stop();
    // A worker is never idle: it has its connections and asks its queues. The bar is for what waits for people.
    const { atMost: _, ...resting } = idleFigure(name, idle);
    const explained = { ...resting, what: `${name}, asking its empty queues: memory beside raw node:http` };
    return [explained, busyFigure(name, { after, count, what: 'events', perSecond }, context)];
  } finally {
    await sql.end();
  }
}

interface Idle {
  ours: number;
  raw: number;
}

async function measureIdle({ stage, service }: Subject, way: { workload: string; runs: number }): Promise<Idle[]> {
  const idle: Idle[] = [];
  for (let run = 0; run < way.runs; run += 1) {
    const ours = await service.start(stage, way.workload);
    const raw = await startWorker({
      args: (port) => [join(import.meta.dirname, 'peers/raw-http.mjs'), String(port)],
      readyPath: '/',
    });
    idle.push({ ours: await settled(ours.pid), raw: await settled(raw.pid) });
    await ours.stop();
    await raw.stop();
  }
  return idle;
}

function idleFigure(name: string, idle: Idle[]): Figure {
  return {
    bar: '11',
    what: `${name}: idle memory beside raw node:http`,
    value: median(idle.map(({ ours, raw }) => ours / raw)),
    unit: '×',
    atMost: 1.3,
    detail: { idle },
  };
}

interface Busy {
  after: number;
  count: number;
  what: string;
  perSecond: number;
}

function busyFigure(name: string, { after, count, what, perSecond }: Busy, context: BenchContext): Figure {
  context.progress(`${name}: ${Math.round(after)} MB after ${count} ${what}, ${Math.round(perSecond)} a second`);
  return {
    bar: '11',
    what: `${name}: memory after ${count} ${what}`,
    value: after,
    unit: 'MB',
    atMost: 128,
    detail: { after, count, perSecond },
  };
}

/** The memory once it has stopped changing: three readings in a row within one percent. */
async function settled(pid: number): Promise<number> {
  const readings: number[] = [];
  for (let count = 0; count < 40; count += 1) {
    readings.push(residentMb(pid));
    const last = readings.slice(-3);
    if (last.length === 3 && Math.max(...last) < Math.min(...last) * 1.01) break;
    await wait(250);
  }
  return readings.at(-1) ?? Number.NaN;
}

async function send(service: string, ask: Ask, count: number): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await ask(left);
      const text = await response.text();
      if (response.status >= 300) throw new Error(`${service} answered ${response.status}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
}
