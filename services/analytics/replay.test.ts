import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Listening } from '@millrace/runtime/listen.ts';
import { listen } from '@millrace/runtime/listen.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { startRelay } from '@millrace/runtime/relay.ts';
import type { App } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { createBrokerTables, databaseBroker } from '@millrace/runtime/testing/database-broker.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startProcessor } from './processor.ts';
import type { ReplayTotals } from './replay-run.ts';
import { collectedBindings, collectedQueue } from './testing/collected-batches.ts';
import type { Doors } from './testing/doors.ts';
import { openDoors } from './testing/doors.ts';

const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const firefox = 'Mozilla/5.0 (Windows NT 10.0; rv:120.0) Gecko/20100101 Firefox/120.0';
const viewCount = 900;

let doors: Doors;
let server: Listening;
let folder: string;
let refusals = 0;
const running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  doors = await openDoors();
  await createBrokerTables(doors.sql);
  const broker = databaseBroker({ database: doors.database, bindings: collectedBindings });
  const common = {
    database: doors.database,
    log: createLog({ name: 'test', level: 'silent' }),
    metrics: createMetrics(),
    clock: systemClock,
    random: systemRandom,
  };
  running.push(startRelay({ ...common, broker }));
  running.push(startProcessor({ ...common, slowDatabase: doors.database, queue: broker.queue(collectedQueue) }));
  server = await listen(platformOf(doors.app), { host: '127.0.0.1', port: 0, drainMs: 100 });
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
});
afterAll(async () => {
  await server?.close();
  await Promise.all(running.map((part) => part.close()));
  await doors?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  refusals = 0;
});

/** The doors behind a gateway that gives tokens, and that is away as often as the test says. */
function platformOf(app: App): App {
  const front: App = new Hono();
  front.post('/local/token', async (context) => {
    const { sub, scopes } = (await context.req.json()) as { sub: string; scopes: string[] };
    return context.json({ access_token: `${sub}:${scopes.join(',')}` });
  });
  front.all('*', (context) => {
    if (context.req.method !== 'POST' || refusals === 0) return app.fetch(context.req.raw, context.env);
    refusals -= 1;
    return context.json({}, 503, { 'retry-after': '0' });
  });
  return front;
}

const stamp = (second: number): string =>
  new Date(Date.UTC(2015, 4, 17, 10) + second * 1_000)
    .toISOString()
    .replace(/^(\d+)-(\d+)-(\d+)T(.*)\.000Z$/, (_, year, _month, day, time) => `${day}/May/${year}:${time} +0000`);
const line = (second: number, request: string, more: { status?: number; agent?: string; ip?: string } = {}) =>
  `${more.ip ?? '83.149.9.216'} - - [${stamp(second)}] "${request}" ${more.status ?? 200} 99 "http://example.org/" "${more.agent ?? chrome}"`;

/** A log whose right count is known by how it is made, with lines that say the same in the same second. */
function makeLog(): { text: string; lines: number } {
  const lines: string[] = [];
  for (let number = 0; number < viewCount; number += 1) {
    const agent = number % 3 === 0 ? firefox : chrome;
    lines.push(
      line(Math.floor(number / 4), `GET /page-${number % 10}.html HTTP/1.1`, { agent, ip: `83.149.9.${number % 5}` }),
    );
  }
  lines.push(line(300, 'GET / HTTP/1.1'), line(300, 'GET / HTTP/1.1'));
  lines.push(line(301, 'GET /logo.png HTTP/1.1'), line(301, 'GET /a.css HTTP/1.1'), line(301, 'GET /feed HTTP/1.1'));
  lines.push(
    line(302, 'GET /robots.txt HTTP/1.1'),
    line(302, 'POST / HTTP/1.1'),
    line(302, 'GET /x HTTP/1.1', { status: 404 }),
  );
  lines.push(line(303, 'GET / HTTP/1.1', { agent: 'Googlebot/2.1' }), line(303, 'GET / HTTP/1.1', { status: 301 }));
  lines.push('not a log line', line(304, 'GET / HTTP/1.1', { ip: 'host.example.net' }));
  return { text: `${lines.join('\n')}\n`, lines: lines.length };
}
const skipped = {
  asset: 2,
  feed: 1,
  robots: 1,
  'not-get': 1,
  error: 1,
  bot: 1,
  redirect: 1,
  malformed: 1,
  'bad-address': 1,
};

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; out: string; err: string }>;
}

function replay(words: string[], variables: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'replay.ts'), ...words], {
    env: { PATH: process.env['PATH'], BASE_URL: server.url, JSON: '1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, ended };
}
const totalsOf = (out: string) => JSON.parse(out) as ReplayTotals & { site: string };
const storedViews = async (site: string) => {
  const [row] = await doors.sql<{ views: number; visitors: number }[]>`
    select count(*)::int as views, count(distinct visitor)::int as visitors from event where site_id = ${site}`;
  return row;
};

describe('a log', () => {
  it('is stored once, every line accounted for, however often it is replayed', async () => {
    const { text, lines } = makeLog();
    const path = join(folder, 'shop.log.gz');
    await writeFile(path, gzipSync(text));
    const first = await replay([path, 'shop.example']).ended;
    expect(first).toMatchObject({ code: 0 });
    const totals = totalsOf(first.out);
    const stored = viewCount + 2;
    expect(totals).toEqual({ site: totals.site, lines, added: stored, known: 0, skipped });
    // Five addresses with two browsers each, and one more address.
    expect(await storedViews(totals.site)).toEqual({ views: stored, visitors: 11 });
    const again = totalsOf((await replay([path, 'shop.example']).ended).out);
    expect(again).toEqual({ ...totals, added: 0, known: stored });
    expect(await storedViews(totals.site)).toEqual({ views: stored, visitors: 11 });
  });
  it('goes through while the platform is away now and then', async () => {
    const path = join(folder, 'away.log');
    await writeFile(path, makeLog().text);
    refusals = 4;
    const { code, out } = await replay([path]).ended;
    expect(code).toBe(0);
    expect(totalsOf(out)).toMatchObject({ added: viewCount + 2, known: 0, skipped });
    const [site] = await doors.sql<{ name: string; domain: string }[]>`
      select name, domain from site where id = ${totalsOf(out).site}`;
    expect(site).toEqual({ name: 'away', domain: 'example.org' });
  });
  it('that was stopped is finished by the next run', async () => {
    const path = join(folder, 'stopped.log');
    await writeFile(path, makeLog().text);
    const { child, ended } = replay([path, 'stopped.example', '5']);
    const begun = () => doors.sql`
      select 1 from event join site on site.id = event.site_id where site.domain = 'stopped.example' limit 1`;
    await waitFor(async () => (await begun()).length > 0, 30_000);
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain('Run the same command again');
    const before = totalsOf(stopped.out);
    expect(before.added).toBeLessThan(viewCount);
    // What it sent is kept, and stored a little later. A request that the stop cut short may have been kept too.
    await waitFor(async () => ((await storedViews(before.site))?.views ?? 0) >= before.added, 30_000);
    const after = totalsOf((await replay([path, 'stopped.example']).ended).out);
    expect(after).toMatchObject({ added: viewCount + 2 - after.known, skipped });
    expect(after.known).toBeGreaterThanOrEqual(before.added);
    expect(await storedViews(after.site)).toMatchObject({ views: viewCount + 2 });
  });
});

describe('what cannot be replayed', () => {
  it.each([
    ['no log', [], {}, 2, 'make replay LOG='],
    ['an option', ['--nonsense'], {}, 2, 'There is no option --nonsense (--help tells how to use it).\n'],
    ['an option after the log', ['x.log', '-v'], {}, 2, 'There is no option -v ('],
    ['a speed of zero', ['x.log', 'a', '0'], {}, 2, 'SPEED=0'],
    ['a file that is missing', ['/nowhere/access.log'], {}, 5, 'There is no file'],
    ['a folder', ['.'], {}, 5, 'is not a file'],
    ['no platform', [import.meta.filename], { BASE_URL: 'http://127.0.0.1:9' }, 5, 'make up'],
    [
      'a site that is not ours',
      [import.meta.filename, '0190b5f0-0000-7000-8000-00000000ffff'],
      {},
      5,
      'There is no site',
    ],
  ])('%s is said in a line', async (_, words, variables, code, text) => {
    const result = await replay(words as string[], variables as Record<string, string>).ended;
    expect(result.code).toBe(code);
    expect(result.err).toContain(text);
    expect(result.err).not.toMatch(/^\s+at /m);
  });
  it('a damaged gzip file is said in a line', async () => {
    const path = join(folder, 'damaged.log.gz');
    await writeFile(path, gzipSync(makeLog().text).subarray(0, 900));
    const result = await replay([path]).ended;
    expect(result).toMatchObject({ code: 5 });
    expect(result.err).toContain('damaged');
  });
});
