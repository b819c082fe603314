import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchSite, prepareAnalytics } from './analytics.ts';
import type { BundledService } from './bundles.ts';
import { bundleAll } from './bundles.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import type { Stage, Worker } from './stage.ts';
import { openStage, startWorker } from './stage.ts';

const requestCount = 50_000;
const connections = 16;

/** Bar 11: resident memory of each service, idle and after 50,000 requests. */
export const memory: Bench = {
  name: 'memory',
  what: `resident memory of each bundled service, idle and after ${requestCount} requests, beside raw node:http`,
  run: async (context) => {
    const stage = await openStage();
    const databases = { analytics: await stage.database('analytics'), warehouse: await stage.database('warehouse') };
    await prepareAnalytics({ databaseUrl: databases.analytics, warehouseUrl: databases.warehouse });
    const bundles = await bundleAll(databases);
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

/** Resident memory of a process in MB, from /proc. */
function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1_000_000;
}

async function measure(stage: Stage, service: BundledService, context: BenchContext): Promise<Figure[]> {
  const runs = context.isQuick ? 1 : 5;
  const idle: { ours: number; raw: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const ours = await service.start(stage);
    const raw = await startWorker({
      args: (port) => [join(import.meta.dirname, 'peers/raw-http.mjs'), String(port)],
      readyPath: '/',
    });
    idle.push({ ours: await settled(ours.pid), raw: await settled(raw.pid) });
    await ours.stop();
    await raw.stop();
  }
  const busy = await service.start(stage);
  await send(busy, service.name, context.isQuick ? 2_000 : requestCount);
  const after = await settled(busy.pid);
  await busy.stop();
  context.progress(
    `${service.name}: idle ${Math.round(median(idle.map(({ ours }) => ours)))} MB, after ${Math.round(after)} MB`,
  );
  const ratio = median(idle.map(({ ours, raw }) => ours / raw));
  return [
    {
      bar: '11',
      what: `${service.name}: idle memory beside raw node:http`,
      value: ratio,
      unit: '×',
      atMost: 1.3,
      detail: { idle },
    },
    {
      bar: '11',
      what: `${service.name}: memory after ${requestCount} requests`,
      value: after,
      unit: 'MB',
      atMost: 128,
      detail: { after },
    },
  ];
}

/** The memory once it has stopped changing: three readings in a row within one percent. */
async function settled(pid: number): Promise<number> {
  const readings: number[] = [];
  const { setTimeout: wait } = await import('node:timers/promises');
  for (let count = 0; count < 40; count += 1) {
    readings.push(residentMb(pid));
    const last = readings.slice(-3);
    if (last.length === 3 && Math.max(...last) < Math.min(...last) * 1.01) break;
    await wait(250);
  }
  return readings.at(-1) ?? Number.NaN;
}

async function send(worker: Worker, service: string, count: number): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await (service === 'analytics' ? postView(worker) : fetch(`${worker.url}/session`));
      await response.arrayBuffer();
      if (response.status >= 300) throw new Error(`${service} answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
}

function postView(worker: Worker): Promise<Response> {
  const url = `https://bench.example/page-${Math.floor(Math.random() * 500)}`;
  return fetch(`${worker.url}/api/analytics/collect`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${Math.floor(Math.random() * 99)}.0) Gecko/20100101 Firefox/140.0`,
    },
    body: JSON.stringify({ site: benchSite, events: [{ id: randomUUIDv7(), type: 'pageview', url }] }),
  });
}
