import type { Call } from '@millrace/runtime/gateway-client.ts';
import { connectAs } from '@millrace/runtime/gateway-client.ts';
import type { SiteView } from './site.ts';

/** Who the commands act for: the developer of the local platform, so that the page shows what they did. */
const developer = {
  sub: '00000000-0000-7000-8000-000000000001',
  email: 'developer@localhost.example',
  scopes: ['analytics:read', 'analytics:write', 'analytics:import'],
};
const maxPages = 20;

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

/** Connects to a local platform as its developer. @throws CommandFault when none runs there. */
export async function connectPlatform(url: string, stop: AbortSignal): Promise<PlatformClient> {
  const call = await connectAs(url, developer, stop);
  const read = async (path: string): Promise<unknown> => (await call(path)).body;
  const post = async (path: string, type: string, body: string): Promise<unknown> =>
    (await call(path, { method: 'POST', type, body })).body;
  return {
    url,
    findSites: () => listSites(call),
    addSite: async (site) => (await post('/api/analytics/sites', 'application/json', JSON.stringify(site))) as SiteView,
    importLines: async (siteId, lines) =>
      (await post(`/api/analytics/import?site=${siteId}`, 'application/x-ndjson', lines)) as ImportOutcome,
    readReceipt: async (receipt) => (await read(`/api/analytics/receipts/${receipt}`)) as ReceiptAnswer,
  };
}

async function listSites(call: Call): Promise<SiteView[]> {
  const sites: SiteView[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const { body } = await call(`/api/analytics/sites?limit=100${query}`);
    const answer = body as { items: SiteView[]; nextCursor: string | null };
    sites.push(...answer.items);
    cursor = answer.nextCursor;
    if (!cursor) break;
  }
  return sites;
}
