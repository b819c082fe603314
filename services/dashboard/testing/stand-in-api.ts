import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StandInSite, StandInState } from './stand-in-answers.ts';
import { breakdownOf, liveOf, statsOf } from './stand-in-answers.ts';
import { viewOf } from './stand-in-figures.ts';

const heartbeatMs = 5_000;

/** What a test may see of the stand-in, and do to it while the page runs. */
export interface StandInApi extends StandInState {
  url: string;
  calls: { method: string; path: string; authorization: string | undefined }[];
  /** Answers with this status instead, for paths that begin so; 0 cuts the connection. */
  fail: { path: string; status: number } | undefined;
  streams: Set<{ answer: ServerResponse; siteId: string }>;
  close(): Promise<void>;
}

/** The analytics API with generated figures, for work on the page and for its tests. */
export async function startStandInApi(): Promise<StandInApi> {
  const server = createServer((request, answer) => void respond(api, request, answer).catch(() => answer.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: StandInApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sites: [makeSite({ id: '00000000-0000-7000-8000-0000000000a1', name: 'Field Notes', hasHistory: true })],
    arrivals: new Map(),
    calls: [],
    fail: undefined,
    isComplete: true,
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
  const url = new URL(request.url ?? '/', api.url);
  const { method = 'GET' } = request;
  api.calls.push({ method, path: url.pathname, authorization: request.headers.authorization });
  if (api.fail && url.pathname.startsWith(api.fail.path)) {
    if (api.fail.status === 0) answer.destroy();
    else sendProblem(answer, api.fail.status, 'The stand-in was told to fail.');
    return;
  }
  if (!request.headers.authorization?.startsWith('Bearer ')) return sendProblem(answer, 401, 'No token.');
  const name = url.pathname.replace('/api/analytics/', '');
  if (name === 'sites' && method === 'POST') return addSite(api, request, answer);
  if (name === 'sites') return sendJson(answer, { items: api.sites, nextCursor: null });
  const site = api.sites.find(({ id }) => id === url.searchParams.get('site'));
  if (!site) return sendProblem(answer, 404, 'There is no such site.');
  if (name === 'stats') return sendJson(answer, statsOf(api, site, url.searchParams));
  if (name === 'breakdown') return sendJson(answer, breakdownOf(api, site, url.searchParams));
  if (name === 'live') return openStream(api, site, { request, answer });
  sendProblem(answer, 404, 'There is nothing here.');
}

async function addSite(api: StandInApi, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  const { name, domain } = JSON.parse(text) as { name: string; domain: string };
  if (!/^[a-z0-9.-]+\.[a-z]+$/.test(domain)) {
    const fault = { pointer: '/domain', code: 'domain', message: 'Write a host name, like example.com.' };
    return sendProblem(answer, 422, 'The body is not valid.', [fault]);
  }
  const site = { ...makeSite({ id: randomUUID(), name, hasHistory: false }), domain };
  api.sites.push(site);
  sendJson(answer, site, 201);
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

function sendJson(answer: ServerResponse, value: unknown, status = 200): void {
  answer.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  answer.end(JSON.stringify(value));
}

function sendProblem(answer: ServerResponse, status: number, detail: string, errors?: unknown[]): void {
  answer.writeHead(status, { 'content-type': 'application/problem+json' });
  answer.end(JSON.stringify({ type: 'about:blank', title: 'Refused', status, detail, errors }));
}
