// The visitors of `make demo`: sends believable page views to a running platform, until the time is over or Ctrl-C.
import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault, runCommand } from '@millrace/runtime/command-fault.ts';
import { findPlatform } from '@millrace/runtime/gateway-client.ts';
import type { Progress } from '@millrace/runtime/progress.ts';
import { progressOn } from '@millrace/runtime/progress.ts';
import { commandVariables } from './config.ts';
import { countryFinder } from './country.ts';
import type { DemoEvent } from './demo-traffic.ts';
import { busyness, eventsOf } from './demo-traffic.ts';
import { makeVisitor } from './demo-visitor.ts';
import type { PlatformClient } from './platform-client.ts';
import { connectPlatform } from './platform-client.ts';
import type { SiteView } from './site.ts';
import { readDomain } from './site.ts';

const usage = `Sends believable visitors to a running platform: first two weeks of the past when the site is new, then live ones.

  [SITE="Demo shop"] [MINUTES=10] [VISITORS=20] node services/analytics/demo.ts

  SITE      id, domain or name of a site of the local developer; it is made when there is none
  MINUTES   how long
  VISITORS  new visitors in a minute
`;
const defaults = { site: 'Demo shop', domain: 'demo.localhost', minutes: 10, visitors: 20 };
const pastDays = 14;
const pastVisitorsPerDay = 140;
const batchLines = 1_000;
const beatMs = 500;
const dayMs = 86_400_000;
const number = new Intl.NumberFormat('en');

interface Wish {
  site: string;
  minutes: number;
  visitors: number;
}

function readWish(words: readonly string[], variables: Record<string, string | undefined>): Wish {
  if (words.includes('--help')) throw new CommandFault(0, usage.trimEnd());
  const [unknown] = words;
  if (unknown !== undefined) {
    const fault = unknown.startsWith('-') ? `There is no option ${unknown}` : `"${unknown}" is not understood`;
    throw new CommandFault(2, `${fault}: SITE, MINUTES and VISITORS are variables (--help tells how to use them).`);
  }
  const positive = (name: string, standard: number, most: number): number => {
    const value = Number(variables[name] || standard);
    if (!(value > 0 && value <= most))
      throw new CommandFault(2, `${name}=${variables[name]} is not above 0 and at most ${most}.`);
    return value;
  };
  return {
    site: variables['SITE'] || defaults.site,
    minutes: positive('MINUTES', defaults.minutes, 1_440),
    visitors: positive('VISITORS', defaults.visitors, 6_000),
  };
}

interface Demo {
  platform: PlatformClient;
  site: SiteView;
  progress: Progress;
  stop: AbortSignal;
  newVisit: (startMs: number) => DemoEvent[];
}

async function findOrAddSite(platform: PlatformClient, wanted: string): Promise<{ site: SiteView; isNew: boolean }> {
  const sites = await platform.findSites();
  const found = sites.find((site) => [site.id, site.name, site.domain].includes(wanted));
  if (found) return { site: found, isNew: false };
  const domain = readDomain(wanted) ?? defaults.domain;
  return { site: await platform.addSite({ name: wanted.slice(0, 128), domain }), isNew: true };
}

async function sendPast({ platform, site, progress, stop, newVisit }: Demo): Promise<void> {
  const nowMs = Date.now();
  const count = pastDays * pastVisitorsPerDay;
  let lines: string[] = [];
  for (let index = 0; index < count && !stop.aborted; ) {
    const startMs = nowMs - Math.random() * pastDays * dayMs;
    if (Math.random() > busyness(startMs)) continue;
    index += 1;
    const past = newVisit(startMs).filter((event) => event.atMs < nowMs);
    lines.push(...past.map((event) => JSON.stringify(event.line)));
    if (lines.length < batchLines && index < count) continue;
    await platform.importLines(site.id, lines.join('\n'));
    lines = [];
    progress.show(index / count, `the past ${pastDays} days: ${number.format(index)} visits`);
  }
}

async function sendLive({ platform, site, progress, stop, newVisit }: Demo, wish: Wish): Promise<number> {
  const startMs = Date.now();
  const endMs = startMs + wish.minutes * 60_000;
  let waiting: DemoEvent[] = [];
  let sent = 0;
  let due = wish.visitors / 4;
  for (let nowMs = startMs; nowMs < endMs && !stop.aborted; nowMs = Date.now()) {
    // Arrivals at random moments with the wished mean.
    for (due += (wish.visitors * beatMs) / 60_000; due >= 1; due -= 0.5 + Math.random()) {
      waiting.push(...newVisit(nowMs));
    }
    const now = waiting.filter((event) => event.atMs <= nowMs);
    waiting = waiting.filter((event) => event.atMs > nowMs);
    if (now.length > 0) await platform.importLines(site.id, now.map((event) => JSON.stringify(event.line)).join('\n'));
    sent += now.length;
    const here = new Set(waiting.map((event) => event.line['ip'])).size;
    const left = Math.ceil((endMs - nowMs) / 1_000);
    progress.show(
      (nowMs - startMs) / (endMs - startMs),
      `${here} visitors here, ${number.format(sent)} events, ${left} s left`,
    );
    await delay(beatMs, undefined, { signal: stop }).catch(() => undefined);
  }
  return sent;
}

await runCommand(async (stop) => {
  const variables = commandVariables();
  const wish = readWish(process.argv.slice(2), variables);
  const platform = await connectPlatform(await findPlatform(variables), stop);
  const { site, isNew } = await findOrAddSite(platform, wish.site);
  const finder = countryFinder((error) => {
    throw error;
  });
  const newVisit = (startMs: number): DemoEvent[] => eventsOf(makeVisitor(Math.random, finder), startMs, site.domain);
  const progress = progressOn(process.stderr);
  const demo: Demo = { platform, site, progress, stop, newVisit };
  process.stdout.write(
    `Visitors of "${site.name}" for ${wish.minutes} minutes: see ${platform.url}/?site=${site.id} (Ctrl-C stops)\n`,
  );
  if (isNew) await sendPast(demo);
  progress.end();
  const sent = await sendLive(demo, wish);
  progress.end();
  process.stdout.write(`Sent ${number.format(sent)} live events to "${site.name}" (${site.id}).\n`);
});
