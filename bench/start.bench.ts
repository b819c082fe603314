import { join } from 'node:path';
import { maxEntryBytes, maxTotalBytes } from '@millrace/images/bundle-service.ts';
import type { BundledService } from './bundles.ts';
import { bundleAll } from './bundles.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import { prepareDatabases } from './services.ts';
import type { Stage } from './stage.ts';
import { openStage, startWorker } from './stage.ts';

const peers = join(import.meta.dirname, 'peers');

/** Bars 10 and 12: how fast a bundled service answers after its start, and how large it is. */
export const start: Bench = {
  name: 'start',
  what: 'cold start from spawn to the first 200, beside raw node:http and the smallest NestJS application; bundle sizes',
  run: async (context) => {
    const stage = await openStage();
    const bundles = await bundleAll({ databases: await prepareDatabases(stage) });
    try {
      const figures: Figure[] = [];
      for (const service of bundles.services) figures.push(...(await measure(stage, service, context)));
      return figures;
    } finally {
      bundles.remove();
      await stage.close();
    }
  },
};

async function measure(stage: Stage, service: BundledService, context: BenchContext): Promise<Figure[]> {
  const runs = context.isQuick ? 3 : 15;
  const rounds: { ours: number; raw: number; nest: number }[] = [];
  await round(stage, service);
  for (let run = 0; run < runs; run += 1) rounds.push(await round(stage, service));
  const raw = median(rounds.map(({ ours, raw }) => ours / raw));
  const nest = median(rounds.map(({ ours, nest }) => ours / nest));
  context.progress(`${service.name}: ${Math.round(median(rounds.map(({ ours }) => ours)))} ms`);
  const { entryBytes, totalBytes } = service.bundle;
  const detail = { rounds };
  const kilobytes = (bytes: number) => bytes / 1_000;
  const size = { unit: 'kB', detail: { entryBytes, totalBytes } };
  return [
    { bar: '10', what: `${service.name}: cold start beside raw node:http`, value: raw, unit: '×', atMost: 1.7, detail },
    { bar: '10', what: `${service.name}: cold start beside NestJS`, value: nest, unit: '×', atMost: 0.4, detail },
    {
      bar: '12',
      what: `${service.name}: bundle`,
      value: kilobytes(totalBytes),
      atMost: kilobytes(maxTotalBytes),
      ...size,
    },
    {
      bar: '12',
      what: `${service.name}: entry`,
      value: kilobytes(entryBytes),
      atMost: kilobytes(maxEntryBytes),
      ...size,
    },
  ];
}

async function round(stage: Stage, service: BundledService): Promise<{ ours: number; raw: number; nest: number }> {
  const ours = await service.start(stage);
  await ours.stop();
  const raw = await startWorker({ args: (port) => [join(peers, 'raw-http.mjs'), String(port)], readyPath: '/' });
  await raw.stop();
  const nest = await startWorker({ args: (port) => [join(peers, 'nest.mjs'), String(port)], readyPath: '/healthz' });
  await nest.stop();
  return { ours: ours.startMs, raw: raw.startMs, nest: nest.startMs };
}
