import { randomUUID } from 'node:crypto';
import { Agent, get, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { provisionEvents } from '@millrace/local/aws/provision.ts';
import { benchSite, prepareAnalytics, startAnalytics } from './analytics.ts';
import { startEndpoint } from './aws-stage.ts';
import type { Issuer } from './issuer.ts';
import { startIssuer } from './issuer.ts';
import { sendEvenly } from './load.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { percentile } from './measurement.ts';
import { openStage } from './stage.ts';

const perSecond = 500;
const warmUpMs = 5_000;
const lateMs = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Bar 5: from the 202 of a view to its message on an open page. */
export const freshness: Bench = {
  name: 'freshness',
  what: `a view from its 202 to an open page at ${perSecond} views/s: api, relay, processor and the AWS-compatible endpoint, each a process`,
  run: async (context) => {
    const stage = await openStage();
    const issuer = await startIssuer();
    const aws = await startEndpoint(stage);
    try {
      await provisionEvents({ endpoint: aws.url, environment: 'dev' });
      const urls = { databaseUrl: await stage.database('hot'), warehouseUrl: await stage.database('warehouse') };
      const place = { ...urls, awsUrl: aws.url, issuerUrl: issuer.url };
      await prepareAnalytics(place);
      const api = await startAnalytics(stage, place, 'api');
      for (const workload of ['relay', 'processor']) await startAnalytics(stage, place, workload);
      return await measure(api.url, issuer, context);
    } finally {
      issuer.close();
      await stage.close();
      aws.remove();
    }
  },
};

async function measure(apiUrl: string, issuer: Issuer, context: BenchContext): Promise<Figure[]> {
  const views = new Map<string, View>();
  const page = await openPage(apiUrl, issuer, (id) => {
    const view = views.get(id);
    if (view) view.seenAt ??= performance.now();
  });
  const seconds = context.isQuick ? 5 : 40;
  const startedAt = performance.now() + warmUpMs;
  await sendEvenly({ perSecond, warmUpMs, durationMs: seconds * 1_000 }, async (isWarm) => {
    const id = randomUUID();
    const view: View = {};
    views.set(id, view);
    await sendView(apiUrl, id);
    view.acceptedAt = performance.now();
    if (!isWarm) views.delete(id);
  });
  const unseen = () => [...views.values()].filter(({ seenAt }) => seenAt === undefined).length;
  for (const end = performance.now() + lateMs; unseen() > 0 && performance.now() < end; ) await wait(50);
  page.close();
  return figures([...views.values()], { seconds, spentMs: performance.now() - startedAt });
}

interface View {
  acceptedAt?: number;
  seenAt?: number;
}

function figures(views: View[], facts: Record<string, number>): Figure[] {
  // A view that was never shown counts as later than any bar.
  const times = views.map(({ acceptedAt = 0, seenAt }) =>
    seenAt === undefined ? lateMs : Math.max(0, seenAt - acceptedAt),
  );
  const unseen = views.filter(({ seenAt }) => seenAt === undefined).length;
  const rate = views.length / (facts['seconds'] ?? 1);
  const [p50Ms, p90Ms, p99Ms, maxMs] = [50, 90, 99, 100].map((percent) => percentile(times, percent));
  const detail = { ...facts, views: views.length, perSecond: rate, unseen, p50Ms, p90Ms, p99Ms, maxMs };
  const figure = { bar: '5', unit: 'ms', detail };
  return [
    {
      ...figure,
      what: `accepted → on an open page at ${Math.round(rate)} views/s, p99`,
      value: p99Ms ?? 0,
      atMost: 250,
    },
    { ...figure, what: 'accepted → on an open page, median', value: p50Ms ?? 0 },
    { ...figure, what: 'views that never came to the page', value: unseen, unit: '', atMost: 0 },
  ];
}

function sendView(apiUrl: string, id: string): Promise<void> {
  const url = `https://bench.example/page-${Math.floor(Math.random() * 200)}`;
  const event = { id, type: 'pageview', url, title: 'A page', at: new Date().toISOString() };
  const headers = {
    'content-type': 'application/json',
    // Visitors of their own, as many as a busy site has at once.
    'user-agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${Math.floor(Math.random() * 5_000)}.0) Gecko/20100101 Firefox/140.0`,
  };
  return new Promise((resolve, reject) => {
    const call = request(`${apiUrl}/api/analytics/collect`, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 202 ? resolve() : reject(new Error(`${response.statusCode}`))));
    });
    call.on('error', reject);
    call.end(JSON.stringify({ site: benchSite, events: [event] }));
  });
}

/** Opens the live stream as a page does, and waits for its first message. */
function openPage(apiUrl: string, issuer: Issuer, onView: (id: string) => void): Promise<{ close(): void }> {
  const headers = { authorization: issuer.authorization, accept: 'text/event-stream' };
  return new Promise((resolve, reject) => {
    const call = get(`${apiUrl}/api/analytics/live?site=${benchSite}`, { headers }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the live stream answered ${response.statusCode}`));
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        const messages = (text + part).split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) readMessage(message, onView);
        resolve({ close: () => call.destroy() });
      });
    });
    call.on('error', reject);
  });
}

function readMessage(message: string, onView: (id: string) => void): void {
  const data = /^event: (?:views|snapshot)\ndata: (.*)$/m.exec(message)?.[1];
  if (data === undefined) return;
  const { views = [], latest = [] } = JSON.parse(data) as { views?: { id: string }[]; latest?: { id: string }[] };
  for (const { id } of [...views, ...latest]) onView(id);
}
