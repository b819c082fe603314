import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StandInSite, StandInState } from './stand-in-answers.ts';
import { breakdownOf, liveOf, shopOf, statsOf } from './stand-in-answers.ts';
import type { Call } from './stand-in-call.ts';
import { Refusal, readCall, readJson, sendJson, sendRefusal } from './stand-in-call.ts';
import { viewOf } from './stand-in-figures.ts';
import type { Shop } from './stand-in-shop.ts';
import { answerShop, makeShop } from './stand-in-shop.ts';
import { answerBucket } from './stand-in-uploads.ts';

const heartbeatMs = 5_000;

/** What a test may see of the stand-in, and do to it while the page runs. */
export interface StandInApi extends StandInState {
  url: string;
  shop: Shop;
  calls: { method: string; path: string; authorization: string | undefined; headers: IncomingHttpHeaders }[];
  /** Answers with this status instead, for paths that begin so; 0 cuts the connection. */
  fail: { path: string; status: number } | undefined;
  /** False when the analytics service does not know the shop yet. */
  hasShopFigures: boolean;
  streams: Set<{ answer: ServerResponse; siteId: string }>;
  close(): Promise<void>;
}

/** The analytics API with generated figures, and the shop's APIs, for work on the page and for its tests. */
export async function startStandInApi(): Promise<StandInApi> {
  const server = createServer((request, answer) => void respond(api, request, answer).catch(() => answer.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: StandInApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sites: [makeSite({ id: '00000000-0000-7000-8000-0000000000a1', name: 'Field Notes', hasHistory: true })],
    arrivals: new Map(),
    shop: makeShop({ url: () => api.url, now: Date.now }),
    calls: [],
    fail: undefined,
    isComplete: true,
    hasShopFigures: true,
    now: Date.now,
    streams: new Set(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}

/** A view comes in: the stream tells of it at once, and then of new roll-ups. */
export function arrive(api: StandInApi, siteId: string): void {
  const site = api.sites.find(({ id }) => id === siteId);
  if (!site) return;
  const times = [...(api.arrivals.get(siteId) ?? []), api.now()];
  api.arrivals.set(siteId, times);
  const asOf = new Date(api.now()).toISOString();
  const views = [viewOf(1_000_000 + times.length, api.now())];
  tell(api, siteId, { event: 'views', data: { visitorsNow: liveOf(api, site).visitorsNow, views, asOf } });
  tell(api, siteId, { event: 'rolled', data: { asOf } });
}

/** Ends every live stream, as a restart of the API does. */
export function cutStreams(api: StandInApi): void {
  for (const { answer } of api.streams) answer.destroy();
}

function tell(api: StandInApi, siteId: string, message: { event: string; data: unknown }): void {
  for (const stream of api.streams) {
    if (stream.siteId !== siteId) continue;
    stream.answer.write(`event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`);
  }
}

async function respond(api: StandInApi, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  if (await answerBucket(api.shop, request, answer)) return;
  const call = readCall(request, answer);
  const { method, url } = call;
  api.calls.push({
    method,
    path: url.pathname,
    authorization: request.headers.authorization,
    headers: request.headers,
  });
  try {
    if (api.fail && url.pathname.startsWith(api.fail.path)) {
      if (api.fail.status === 0) answer.destroy();
      else throw new Refusal(api.fail.status, 'told', 'The stand-in was told to fail.');
    } else if (url.pathname.startsWith('/api/analytics/')) await respondAnalytics(api, call);
    else if (!(await answerShop(api.shop, call))) throw new Refusal(404, 'not-found', 'There is nothing here.');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sendRefusal(answer, error);
  }
}

async function respondAnalytics(api: StandInApi, { url, method, request, answer, isSignedIn }: Call): Promise<void> {
  if (!isSignedIn) throw new Refusal(401, 'token-required', 'No token.');
  const name = url.pathname.replace('/api/analytics/', '');
  if (name === 'sites' && method === 'POST') return addSite(api, request, answer);
  if (name === 'sites') return sendJson(answer, { items: api.sites, nextCursor: null });
  if (name === 'shop' && api.hasShopFigures) return sendJson(answer, shopOf(api, url.searchParams));
  const site = api.sites.find(({ id }) => id === url.searchParams.get('site'));
  if (!site) throw new Refusal(404, 'not-found', 'There is no such site.');
  if (name === 'stats') return sendJson(answer, statsOf(api, site, url.searchParams));
  if (name === 'breakdown') return sendJson(answer, breakdownOf(api, site, url.searchParams));
  if (name === 'live') return openStream(api, site, { request, answer });
  throw new Refusal(404, 'not-found', 'There is nothing here.');
}

async function addSite(api: StandInApi, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { name, domain } = await readJson<{ name: string; domain: string }>(request);
  if (!/^[a-z0-9.-]+\.[a-z]+$/.test(domain)) {
    const fault = { pointer: '/domain', code: 'domain', message: 'Write a host name, like example.com.' };
    throw new Refusal(422, 'invalid-body', 'The body is not valid.', [fault]);
  }
  const site = { ...makeSite({ id: randomUUID(), name, hasHistory: false }), domain };
  api.sites.push(site);
  sendJson(answer, site, { status: 201 });
}

function openStream(
  api: StandInApi,
  site: StandInSite,
  { request, answer }: { request: IncomingMessage; answer: ServerResponse },
): void {
  answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const stream = { answer, siteId: site.id };
  api.streams.add(stream);
  answer.write(`event: snapshot\ndata: ${JSON.stringify(liveOf(api, site))}\n\n`);
  const beat = setInterval(() => answer.write(':\n\n'), heartbeatMs);
  request.once('close', () => {
    clearInterval(beat);
    api.streams.delete(stream);
  });
}

function makeSite(facts: { id: string; name: string; hasHistory: boolean }): StandInSite {
  const domain = facts.hasHistory ? 'fieldnotes.example' : 'new.example';
  return { ...facts, domain, timeZone: 'UTC', createdAt: '2025-01-01T00:00:00.000Z' };
}
