import { storedText, textFault } from './clean-text.ts';

/** What is kept of a page's URL: the path and three campaign marks. The rest of the query may hold secrets. */
export interface PageAddress {
  host: string | undefined;
  path: string;
  utmSource?: string;
  utmMedium?: string;
  utmCampaign?: string;
}

export const maxUrlChars = 2048;
const maxPathChars = 1024;
const maxCampaignChars = 128;
const anyHost = 'http://page.invalid';

/** Reads a page's URL: http(s), or a path that starts with one slash. */
export function readPageAddress(
  url: string,
): { outcome: 'read'; page: PageAddress } | { outcome: 'refused'; reason: 'bad-url' | 'too-long' } {
  if (url.length > maxUrlChars) return { outcome: 'refused', reason: 'too-long' };
  if (textFault(url)) return { outcome: 'refused', reason: 'bad-url' };
  const isPath = url.startsWith('/') && !url.startsWith('//') && !url.startsWith('/\\');
  const parsed = isPath ? URL.parse(url, anyHost) : URL.parse(url);
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    return { outcome: 'refused', reason: 'bad-url' };
  }
  if (parsed.pathname.length > maxPathChars) return { outcome: 'refused', reason: 'too-long' };
  const page: PageAddress = { host: isPath ? undefined : parsed.hostname, path: parsed.pathname };
  if (parsed.search.includes('utm_')) addCampaign(page, parsed.searchParams);
  return { outcome: 'read', page };
}

function addCampaign(page: PageAddress, query: URLSearchParams): void {
  const source = campaignMark(query.get('utm_source'));
  const medium = campaignMark(query.get('utm_medium'));
  const campaign = campaignMark(query.get('utm_campaign'));
  if (source) page.utmSource = source;
  if (medium) page.utmMedium = medium;
  if (campaign) page.utmCampaign = campaign;
}

// A mark with an at sign may be somebody's address: it is left out. A long one is cut, since only its start is read.
function campaignMark(text: string | null): string | undefined {
  if (text === null || text.includes('@') || textFault(text)) return undefined;
  return storedText(cutChars(text, maxCampaignChars));
}

// Cuts between characters, never inside a surrogate pair. NFC may make a text longer, so it comes first.
function cutChars(text: string, max: number): string {
  const cut = text.normalize('NFC').slice(0, max);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** Is a host the site's own: its domain, or a name below it? */
export function isOwnHost(host: string, domain: string): boolean {
  const bare = domain.startsWith('www.') ? domain.slice(4) : domain;
  return host === bare || host.endsWith(`.${bare}`);
}

const maxHostChars = 253;

/** Stands for the site's own pages: a visitor went on, and came from nowhere new. */
export const ownPages = '-';

/** The host that a visitor came from, without `www.`, or `ownPages`; nothing for a direct visit and rubbish. */
export function referrerHost(
  referrer: string | undefined,
  own: { domain: string; host: string | undefined },
): string | undefined {
  if (!referrer) return undefined;
  const parsed = URL.parse(referrer);
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return undefined;
  const host = parsed.hostname;
  if (host === '' || host.length > maxHostChars) return undefined;
  if (host === own.host || isOwnHost(host, own.domain)) return ownPages;
  return host.startsWith('www.') ? host.slice(4) : host;
}
