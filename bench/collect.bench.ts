import { randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import postgres from 'postgres';
import { benchSite, prepareAnalytics, startAnalytics } from './analytics.ts';
import type { Load } from './load.ts';
import { load } from './load.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { inTurn, median } from './measurement.ts';
import type { Stage, Worker } from './stage.ts';
import { openStage } from './stage.ts';

const connections = 32;
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Bar 1: `collect` with all its checks beside an ordinary service that inserts each request's rows before it answers. */
export const collect: Bench = {
  name: 'collect',
  what: `page views over ${connections} connections, answered after the commit, beside one INSERT per request`,
  run: async (context) => {
    const stage = await openStage();
    try {
      return [...(await measure(stage, context, 0)), ...(await measure(stage, context, 3))];
    } finally {
      await stage.close();
    }
  },
};

async function measure(stage: Stage, context: BenchContext, linkMs: number): Promise<Figure[]> {
  const place = {
    databaseUrl: await stage.database(`analytics_${linkMs}`, linkMs),
    warehouseUrl: await stage.database(`warehouse_${linkMs}`),
  };
  await prepareAnalytics(place);
  const ours = await startAnalytics(stage, place, 'api');
  const peerUrl = await stage.database(`peer_${linkMs}`, linkMs);
  const peer = await stage.worker({
    args: (port) => [join(import.meta.dirname, 'peers/one-insert.ts'), peerUrl, String(port)],
    readyPath: '/collect',
    isAnyStatus: true,
  });
  const runs = context.isQuick ? 1 : 5;
  const seconds = context.isQuick ? 2 : 6;
  await load({ ...viewLoad(ours, '/api/analytics/collect'), seconds: 5 });
  await load({ ...viewLoad(peer, '/collect'), seconds: 5 });
  const writesBefore = await countWrites(place.databaseUrl);
  const pairs = await inTurn(runs, {
    a: () => load({ ...viewLoad(ours, '/api/analytics/collect'), seconds }),
    b: () => load({ ...viewLoad(peer, '/collect'), seconds }),
    onPair: ({ a, b }) => context.progress(`link ${linkMs} ms: ours ${text(a)}, peer ${text(b)}`),
  });
  const writes = (await countWrites(place.databaseUrl)) - writesBefore;
  await ours.stop();
  await peer.stop();
  const refused = pairs.reduce((sum, { a, b }) => sum + a.refused + a.failed + b.refused + b.failed, 0);
  if (refused > 0) throw new Error(`${refused} requests were refused or failed`);
  const requests = pairs.reduce((sum, { a }) => sum + a.requestsPerSecond * seconds, 0);
  return figures(pairs, { linkMs, requestsPerWrite: requests / writes });
}

/** One write is one row: a group of these requests never needs two. Nothing takes rows away, for no relay runs. */
async function countWrites(url: string): Promise<number> {
  const sql = postgres(url, { max: 1 });
  const [row] = await sql<{ rows: number }[]>`select count(*)::int as rows from outbox`;
  await sql.end();
  return row?.rows ?? 0;
}

function figures(
  pairs: { a: Load; b: Load }[],
  { linkMs, requestsPerWrite }: { linkMs: number; requestsPerWrite: number },
): Figure[] {
  const detail = { linkMs, connections, pairs };
  const link = linkMs === 0 ? '' : `, ${linkMs} ms on the database link`;
  const ratio = median(pairs.map(({ a, b }) => a.requestsPerSecond / b.requestsPerSecond));
  const p99Ms = median(pairs.map(({ a }) => a.p99Ms));
  const perSecond = median(pairs.map(({ a }) => a.requestsPerSecond));
  return [
    {
      bar: '1',
      what: `collect beside one INSERT per request${link}`,
      value: ratio,
      unit: '×',
      atLeast: linkMs === 0 ? 1 : 2,
      detail,
    },
    { bar: '1', what: `collect, p99${link}`, value: p99Ms, unit: 'ms', ...(linkMs === 0 && { atMost: 25 }), detail },
    { bar: '1', what: `collect${link}`, value: perSecond, unit: 'requests/s', detail },
    {
      bar: '1',
      what: `one INSERT per request, p99${link}`,
      value: median(pairs.map(({ b }) => b.p99Ms)),
      unit: 'ms',
      detail,
    },
    { bar: '1', what: `collect, requests that share a write${link}`, value: requestsPerWrite, unit: '', detail },
  ];
}

const text = ({ requestsPerSecond, p99Ms }: Load): string => `${Math.round(requestsPerSecond)}/s p99 ${p99Ms} ms`;

/** The same request for both: what the tracker sends for a page view. */
function viewLoad(worker: Worker, path: string) {
  const url = () => `https://bench.example/page-${Math.floor(Math.random() * 200)}?utm_source=bench`;
  const event = () => ({
    id: randomUUIDv7(),
    type: 'pageview',
    url: url(),
    referrer: 'https://search.example/',
    title: 'A page',
    language: 'en-GB',
    screen: '1920x1080',
  });
  return {
    url: worker.url + path,
    connections,
    headers: { 'user-agent': userAgent },
    body: () => JSON.stringify({ site: benchSite, events: [event()] }),
  };
}
