/** One request of a web server's access log in the combined format. */
export interface LogLine {
  address: string;
  at: Date;
  method: string;
  url: string;
  status: number;
  referrer?: string;
  userAgent: string;
  /** The line without the caller's address and name: what an id may be made of. */
  anonymous: string;
}

/** Why a line is not a page view. */
export type SkipReason = 'malformed' | 'not-get' | 'redirect' | 'error' | 'robots' | 'feed' | 'asset';

// Quoted fields may hold quotes that are escaped with a backslash, as Apache and nginx write them.
const combined =
  /^(\S+) \S+ \S.*? \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"\s*$/;
const requestLine = /^([A-Z]+) (\S+)(?: HTTP\/[\d.]+)?$/;
const timeForm = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const maxLineChars = 16_384;

/** Reads one line; nothing when it has not the combined format. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = line.length <= maxLineChars ? combined.exec(line) : null;
  if (!match) return undefined;
  const [, address = '', time = '', request = '', status = '', referrer = '', userAgent = ''] = match;
  const at = parseLogTime(time);
  const [, method, url] = requestLine.exec(unescapeQuoted(request)) ?? [];
  if (!at || !method || !url) return undefined;
  return {
    address,
    at,
    method,
    url,
    status: Number(status),
    ...(referrer !== '' && referrer !== '-' && { referrer: unescapeQuoted(referrer) }),
    userAgent: userAgent === '-' ? '' : unescapeQuoted(userAgent),
    anonymous: line.slice(line.indexOf('[')),
  };
}

const unescapeQuoted = (text: string): string => text.replace(/\\(["\\])/g, '$1');

function parseLogTime(text: string): Date | undefined {
  const match = timeForm.exec(text);
  if (!match) return undefined;
  const [, day, name = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const month = months.indexOf(name);
  const offsetMinutes = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const isReal = month >= 0 && new Date(local).getUTCDate() === Number(day);
  return isReal ? new Date(local - offsetMinutes * 60_000) : undefined;
}

const documentExtensions = new Set(
  'html htm xhtml shtml php php3 php4 php5 phtml asp aspx jsp jspx do cgi cfm'.split(' '),
);
const feedExtensions = new Set(['rss', 'atom', 'rdf', 'xml']);
const feedNames = new Set(['feed', 'feeds', 'rss', 'atom']);
const feedQuery = /[?&](feed|flav|flavou?r|format|output|type)=(rss|atom|rdf|feed)/i;
const extensionForm = /\.([a-z][a-z0-9]{0,9})$/i;

/**
 * Decides whether a request was a page view: a GET that was answered with 2xx or 304, for a document. A document has no
 * file extension, or one of pages; feeds, robots.txt and everything else are not. The README has the rule in words.
 */
export function skipReason(line: LogLine): SkipReason | undefined {
  if (line.method !== 'GET') return 'not-get';
  if (line.status >= 400 || line.status < 200) return 'error';
  if (line.status >= 300 && line.status !== 304) return 'redirect';
  const path = line.url.split(/[?#]/, 1)[0]?.toLowerCase() ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'robots.txt') return 'robots';
  const extension = extensionForm.exec(name)?.[1];
  const isFeedName = feedNames.has(path.split('/').filter(Boolean).at(-1) ?? '');
  if (isFeedName || (extension && feedExtensions.has(extension)) || feedQuery.test(line.url)) return 'feed';
  return extension && !documentExtensions.has(extension) ? 'asset' : undefined;
}
