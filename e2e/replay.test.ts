import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isbot } from 'isbot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';

const root = join(import.meta.dirname, '..');
const realLog = join(root, '..', 'shared', 'data', 'access.log.gz');
const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'));
const developer = '00000000-0000-7000-8000-000000000001';

let platform: Platform;
let token: string;
beforeAll(async () => {
  platform = await sharedPlatform();
  token = await platform.token('analytics:read analytics:write', developer);
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.stop();
}, 60_000);

/** A log of our own for machines that have not the real one: 3 days, 400 lines, every kind of line. */
function madeLog(): string {
  const agents = [
    'Mozilla/5.0 (X11; Linux x86_64; rv:40.0) Gecko/20100101 Firefox/40.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1)',
  ];
  const paths = ['/', '/blog/', '/blog/a', '/style.css', '/feed/', '/robots.txt', '/picture.png', '/about.html'];
  const line = (index: number): string => {
    const day = 17 + (index % 3);
    const time = `${day}/May/2015:${String(index % 24).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}:00 +0000`;
    const path = paths[index % paths.length];
    const status = index % 11 === 0 ? 404 : 200;
    const method = index % 17 === 0 ? 'POST' : 'GET';
    return `10.1.${index % 7}.${index % 13} - - [${time}] "${method} ${path} HTTP/1.1" ${status} 100 "-" "${agents[index % 10 === 0 ? 1 : 0]}"`;
  };
  return [...Array.from({ length: 399 }, (_, index) => line(index)), 'not a line of a log', ''].join('\n');
}

interface Count {
  views: number;
  visitors: number;
  paths: [string, number][];
}

/** Counts page views by splitting lines at quotes and spaces, as a person with awk would; shares no code with the product. */
function countByHand(log: string): Count {
  const paths = new Map<string, number>();
  const visitors = new Set<string>();
  let views = 0;
  for (const line of log.split('\n')) {
    const [head = '', request = '', result = '', , , userAgent = ''] = line.replaceAll('\\"', "'").split('"');
    const [method, url = ''] = request.split(' ');
    const status = result.trim().split(' ')[0] ?? '';
    if (method !== 'GET' || !(status.startsWith('2') || status === '304')) continue;
    if (userAgent === '' || userAgent === '-' || isbot(userAgent)) continue;
    const path = (url.split('?')[0] ?? '').split('#')[0] ?? '';
    if (isNoPage(path.toLowerCase(), url.toLowerCase())) continue;
    const [address = ''] = head.split(' ');
    const day = head.slice(head.indexOf('[') + 1).split(':')[0];
    views += 1;
    visitors.add(`${day} ${address} ${userAgent}`);
    const shown = new URL(path, 'http://site.example').pathname;
    paths.set(shown, (paths.get(shown) ?? 0) + 1);
  }
  const top = [...paths].sort((a, b) => b[1] - a[1]).slice(0, 20);
  return { views, visitors: visitors.size, paths: top };
}

function isNoPage(path: string, url: string): boolean {
  const last = path.split('/').pop() ?? '';
  if (last === 'robots.txt') return true;
  if (
    /(^|\/)(feeds?|rss|atom)\/?$/.test(path) ||
    /[?&](feed|flav|flavou?r|format|output|type)=(rss|atom|rdf|feed)/.test(url)
  )
    return true;
  const extension = /\.([a-z][a-z0-9]{0,9})$/.exec(last)?.[1];
  return (
    extension !== undefined && !/^(s|x)?html?$|^php[345]?$|^phtml$|^aspx?$|^jspx?$|^do$|^cgi$|^cfm$/.test(extension)
  );
}

interface Totals {
  site: string;
  lines: number;
  added: number;
  known: number;
  skipped: Record<string, number>;
}

async function replay(log: string, site: string): Promise<Totals> {
  // Vitest sets a BASE_URL of its own.
  const variables = { ...process.env, JSON: '1', BASE_URL: platform.endpoints.gateway };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'services/analytics/replay.ts'), log, site],
    { env: variables },
  );
  return JSON.parse(stdout) as Totals;
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

async function ask<Answer>(path: string, query: Record<string, string>): Promise<Answer> {
  const url = `${platform.endpoints.gateway}/api/analytics/${path}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function countByApi(site: string): Promise<Count> {
  const range = { site, from: '2015-05-17T00:00:00Z', to: '2015-05-21T00:00:00Z' };
  const stats = await ask<{ pageviews: number; visitors: number; source: string }>('stats', range);
  const { items } = await ask<{ items: { value: string; pageviews: number }[] }>('breakdown', {
    ...range,
    by: 'path',
    limit: '20',
  });
  return { views: stats.pageviews, visitors: stats.visitors, paths: items.map((item) => [item.value, item.pageviews]) };
}

/** Paths with the same count may stand in any order, and the last count may be shared by paths below the twentieth. */
const comparable = ({ views, visitors, paths }: Count) => {
  const least = paths.at(-1)?.[1] ?? 0;
  const sure = paths.filter(([, count]) => count > least).map(([path, count]) => `${path} ${count}`);
  return { views, visitors, counts: paths.map(([, count]) => count), sure: sure.sort() };
};

async function proveLog(path: string, text: string, site: string): Promise<Totals> {
  const lineCount = text.replace(/\n$/, '').split('\n').length;
  const first = await replay(path, site);
  expect(first.lines).toBe(lineCount);
  expect(first.added + first.known + sum(first.skipped)).toBe(lineCount);
  expect(first.known).toBe(0);
  const byHand = comparable(countByHand(text));
  expect(first.added).toBe(byHand.views);
  await expect
    .poll(async () => comparable(await countByApi(first.site)), { timeout: 90_000, interval: 250 })
    .toEqual(byHand);
  const second = await replay(path, site);
  expect(second).toEqual({ ...first, added: 0, known: first.added });
  expect(comparable(await countByApi(first.site))).toEqual(byHand);
  return first;
}

describe('make replay', () => {
  it('accounts for every line of a log and counts what a count by hand counts; a second run adds nothing', async () => {
    const path = join(folder, 'made.log.gz');
    const text = madeLog();
    writeFileSync(path, gzipSync(text));
    const totals = await proveLog(path, text, 'made.example');
    expect(Object.keys(totals.skipped).sort()).toEqual([
      'asset',
      'bot',
      'error',
      'feed',
      'malformed',
      'not-get',
      'robots',
    ]);
  }, 300_000);

  it('does so for a real log of 10,000 lines', async (context) => {
    if (!existsSync(realLog)) {
      process.stdout.write(
        'replay.test.ts: the real access log is not here; only the log that the test makes was replayed\n',
      );
      context.skip();
    }
    const totals = await proveLog(realLog, gunzipSync(readFileSync(realLog)).toString('utf8'), 'semicomplete.com');
    expect(totals.lines).toBe(10_000);
  }, 300_000);
});
