import type { LogLine, SkipReason } from './access-log.ts';
import { parseLogLine, skipReason } from './access-log.ts';
import { uuidOf } from './import.ts';

/** A page view of the log as the import takes it, with the time by which it is paced. */
export interface ReplayRow {
  at: Date;
  json: string;
}

const maxRemembered = 200_000;
const maxTextChars = 2_000;

/**
 * Turns lines into rows. The same file gives the same ids, whenever it is replayed: an id is made of the site, the line
 * without its address, and how often the file has said the same before.
 */
export function lineReader(site: {
  id: string;
  domain: string;
}): (text: string) => { outcome: 'row'; row: ReplayRow } | { outcome: 'skipped'; reason: SkipReason } {
  const occurrences = new Map<string, number>();
  return (text) => {
    const line = parseLogLine(text);
    if (!line) return { outcome: 'skipped', reason: 'malformed' };
    const reason = skipReason(line);
    if (reason) return { outcome: 'skipped', reason };
    const occurrence = occurrences.get(line.anonymous) ?? 0;
    occurrences.delete(line.anonymous);
    occurrences.set(line.anonymous, occurrence + 1);
    if (occurrences.size > maxRemembered) {
      const oldest = occurrences.keys().next();
      if (!oldest.done) occurrences.delete(oldest.value);
    }
    const id = uuidOf(JSON.stringify([site.id, line.anonymous, occurrence]));
    return { outcome: 'row', row: { at: line.at, json: rowJson(line, { id, domain: site.domain }) } };
  };
}

function rowJson(line: LogLine, row: { id: string; domain: string }): string {
  const { address: ip, at, url, referrer, userAgent } = line;
  return JSON.stringify({
    id: row.id,
    type: 'pageview',
    ip,
    userAgent: userAgent.slice(0, maxTextChars),
    at: at.toISOString(),
    url: /^https?:\/\//i.test(url) ? url : `https://${row.domain}${url}`,
    ...(referrer && referrer.length <= maxTextChars && { referrer }),
  });
}

/** The host that most referrers of these lines name: nearly always the site's own. */
export function likelyDomain(lines: Iterable<string>): string | undefined {
  const counts = new Map<string, number>();
  for (const text of lines) {
    const referrer = parseLogLine(text)?.referrer;
    const host = referrer && URL.parse(referrer)?.hostname.replace(/^www\./, '');
    if (host) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  const [most] = [...counts].sort((one, other) => other[1] - one[1]);
  return most?.[0];
}
