import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault } from './command-fault.ts';
import type { SiteView } from './site.ts';

/** Who the commands act for: the developer of the local platform, so that the page shows what they did. */
const developer = { sub: '00000000-0000-7000-8000-000000000001', email: 'developer@localhost.example' };
const scopes = ['analytics:read', 'analytics:write', 'analytics:import'];

const requestMs = 15_000;
const patienceMs = 60_000;
const longestPauseMs = 2_000;
const maxPages = 20;
const maxTokenRefusals = 3;

/** What an import did with its lines. */
export interface ImportOutcome {
  accepted: number;
  duplicates: number;
  dropped: { index: number; reason: string }[];
  receipt: string | null;
}

export interface ReceiptAnswer {
  state: 'queued' | 'stored' | 'dead';
  reason?: string;
}

/** A running platform as the commands use it. Each call waits while the platform is busy or restarts, at most a minute. */
export interface PlatformClient {
  url: string;
  findSites(): Promise<SiteView[]>;
  addSite(site: { name: string; domain: string }): Promise<SiteView>;
  importLines(siteId: string, lines: string): Promise<ImportOutcome>;
  readReceipt(receipt: string): Promise<ReceiptAnswer>;
}

/** Finds the platform: `BASE_URL`, what `make up` wrote into `DATA_DIR`, or this machine's `PORT`. */
export async function findPlatform(variables: Record<string, string | undefined>): Promise<string> {
  if (variables['BASE_URL']) return variables['BASE_URL'].replace(/\/$/, '');
  const standard = `http://localhost:${variables['PORT'] || '8080'}`;
  try {
    const text = await readFile(join(variables['DATA_DIR'] || '.local', 'endpoints.json'), 'utf8');
    const { gateway } = JSON.parse(text) as { gateway?: unknown };
    return typeof gateway === 'string' ? gateway : standard;
  } catch {
    return standard;
  }
}

/** Connects to a local platform as its developer. @throws CommandFault when none runs there. */
export async function connectPlatform(url: string, stop: AbortSignal): Promise<PlatformClient> {
  let token = await requestToken(url);
  const call = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    let refusals = 0;
    const attempt = async (): Promise<Response> => {
      const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` };
      // A write that is under way is not cut by Ctrl-C: what became of it is to be known.
      const signal = init.method === 'POST' ? AbortSignal.timeout(requestMs) : limit(stop);
      const response = await fetch(`${url}${path}`, { ...init, headers, signal });
      if (response.status !== 401 || refusals >= maxTokenRefusals) return response;
      refusals += 1;
      token = await requestToken(url);
      return attempt();
    };
    const response = await patiently(attempt, { url, stop });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new CommandFault(5, `The platform refused ${path.split('?')[0]}: ${response.status} ${detailOf(text)}`);
  };
  const post = (path: string, type: string, body: string) =>
    call(path, { method: 'POST', headers: { 'content-type': type }, body });
  return {
    url,
    findSites: () => listSites(call),
    addSite: async (site) => (await post('/api/analytics/sites', 'application/json', JSON.stringify(site))) as SiteView,
    importLines: async (siteId, lines) =>
      (await post(`/api/analytics/import?site=${siteId}`, 'application/x-ndjson', lines)) as ImportOutcome,
    readReceipt: async (receipt) => (await call(`/api/analytics/receipts/${receipt}`)) as ReceiptAnswer,
  };
}

async function listSites(call: (path: string) => Promise<unknown>): Promise<SiteView[]> {
  const sites: SiteView[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const answer = (await call(`/api/analytics/sites?limit=100${query}`)) as {
      items: SiteView[];
      nextCursor: string | null;
    };
    sites.push(...answer.items);
    cursor = answer.nextCursor;
    if (!cursor) break;
  }
  return sites;
}

async function requestToken(url: string): Promise<string> {
  const remedy = 'Start it with `make up`, or set BASE_URL.';
  let response: Response;
  try {
    response = await fetch(`${url}/local/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...developer, scopes }),
      signal: AbortSignal.timeout(requestMs),
    });
  } catch (error) {
    throw new CommandFault(5, `No platform answers at ${url}. ${remedy}`, error);
  }
  if (!response.ok) throw new CommandFault(5, `What answers at ${url} is not a local platform. ${remedy}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

const limit = (stop: AbortSignal): AbortSignal => AbortSignal.any([stop, AbortSignal.timeout(requestMs)]);

/** Repeats what may pass: too many requests, a part that restarts, a connection that was lost. */
async function patiently(
  attempt: () => Promise<Response>,
  options: { url: string; stop: AbortSignal },
): Promise<Response> {
  const endMs = performance.now() + patienceMs;
  let pauseMs = 100;
  for (;;) {
    let trouble: string;
    try {
      const response = await attempt();
      if (![429, 502, 503, 504].includes(response.status)) return response;
      await response.arrayBuffer();
      trouble = `it answers ${response.status}`;
      const seconds = Number(response.headers.get('retry-after'));
      if (seconds > 0) pauseMs = Math.max(pauseMs, Math.min(seconds * 1_000, 10_000));
    } catch (error) {
      if (options.stop.aborted) throw error;
      trouble = error instanceof CommandFault ? error.message : 'it does not answer';
    }
    if (performance.now() + pauseMs > endMs) {
      throw new CommandFault(5, `The platform at ${options.url} was away for ${patienceMs / 1_000} s: ${trouble}.`);
    }
    await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: options.stop });
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

function detailOf(text: string): string {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail ?? '');
  } catch {
    return '';
  }
}
