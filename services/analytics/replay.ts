// The command `make replay`: imports a web server's access log as page views.
import { basename } from 'node:path';
import { CommandFault, runCommand } from '@millrace/runtime/command-fault.ts';
import { findPlatform } from '@millrace/runtime/gateway-client.ts';
import { progressOn } from '@millrace/runtime/progress.ts';
import { commandVariables } from './config.ts';
import type { LogFile } from './log-file.ts';
import { openLogFile } from './log-file.ts';
import type { PlatformClient } from './platform-client.ts';
import { connectPlatform } from './platform-client.ts';
import { likelyDomain } from './replay-lines.ts';
import type { ReplayTotals } from './replay-run.ts';
import { replayLog, skippedLines } from './replay-run.ts';
import type { SiteView } from './site.ts';
import { readDomain } from './site.ts';

const usage = `Imports a web server's access log (combined format, plain or gzip) as page views.

  make replay LOG=access.log.gz [SITE=example.com] [SPEED=60]
  node services/analytics/replay.ts LOG [SITE] [SPEED]

  LOG    the file
  SITE   id, domain or name of a site; it is made when there is none; the file's name unless said otherwise
  SPEED  how many times faster than it happened; as fast as it goes unless said otherwise

Safe to run again, also after Ctrl-C: nothing is counted twice. The platform must run: make up.
`;
const sampleLines = 2_000;
const number = new Intl.NumberFormat('en');

interface Wish {
  path: string;
  site: string | undefined;
  speed: number | undefined;
}

function readWish(words: readonly string[], variables: Record<string, string | undefined>): Wish {
  if (words.includes('--help')) throw new CommandFault(0, usage.trimEnd());
  const unknown = words.find((word) => /^-[-a-z]/i.test(word));
  if (unknown !== undefined) throw new CommandFault(2, `There is no option ${unknown} (--help tells how to use it).`);
  const [path = variables['LOG'], site = variables['SITE'], speed = variables['SPEED'], ...more] = words;
  if (!path || more.length > 0) throw new CommandFault(2, usage.trimEnd());
  const factor = speed ? Number(speed) : undefined;
  if (factor !== undefined && !(factor > 0 && Number.isFinite(factor))) {
    throw new CommandFault(2, `SPEED=${speed} is not a number above 0.`);
  }
  return { path, site: site || undefined, speed: factor };
}

async function findOrAddSite(platform: PlatformClient, wish: Wish, log: LogFile): Promise<SiteView> {
  const stem = basename(wish.path).replace(/(\.(gz|gzip|log|txt))+$/i, '');
  const wanted = wish.site ?? (stem || 'replay');
  const sites = await platform.findSites();
  const domain = readDomain(wanted);
  const found = sites.find(
    (site) => site.id === wanted.toLowerCase() || site.name === wanted || site.domain === domain,
  );
  if (found) return found;
  if (/^[0-9a-f-]{36}$/i.test(wanted)) throw new CommandFault(5, `There is no site ${wanted} of the local developer.`);
  const own = wish.site ? domain : readDomain((await sampleDomain(log)) ?? '');
  return platform.addSite({ name: wanted.slice(0, 128), domain: own ?? domain ?? 'replay.localhost' });
}

async function sampleDomain(log: LogFile): Promise<string | undefined> {
  const sample: string[] = [];
  for await (const line of log.lines()) {
    sample.push(line);
    if (sample.length >= sampleLines) break;
  }
  return likelyDomain(sample);
}

function describe(totals: ReplayTotals, facts: { path: string; site: SiteView; url: string; seconds: number }): string {
  const row = (label: string, count: number, note = '') =>
    `  ${label.padEnd(20)} ${number.format(count).padStart(9)}  ${note}`.trimEnd();
  const reasons = Object.entries(totals.skipped).sort((one, other) => other[1] - one[1]);
  return [
    `${basename(facts.path)} → site ${facts.site.name} (${facts.site.id}), ${facts.seconds.toFixed(1)} s`,
    row('lines', totals.lines),
    row(
      'stored',
      totals.added + totals.known,
      `${number.format(totals.added)} new, ${number.format(totals.known)} stored before`,
    ),
    row('skipped', skippedLines(totals)),
    ...reasons.map(([reason, count]) => row(`  ${reason}`, count)),
    `See them at ${facts.url}/?site=${facts.site.id}`,
    '',
  ].join('\n');
}

await runCommand(async (stop) => {
  const variables = commandVariables();
  const wish = readWish(process.argv.slice(2), variables);
  const log = await openLogFile(wish.path);
  const platform = await connectPlatform(await findPlatform(variables), stop);
  const site = await findOrAddSite(platform, wish, await openLogFile(wish.path));
  const progress = progressOn(process.stderr);
  const startedMs = performance.now();
  const totals = await replayLog({ log, site, platform, speed: wish.speed, progress, stop }).finally(() =>
    progress.end(),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  if (variables['JSON']) process.stdout.write(`${JSON.stringify({ site: site.id, ...totals })}\n`);
  else process.stdout.write(describe(totals, { path: wish.path, site, url: platform.url, seconds }));
  if (stop.aborted) process.stderr.write('Stopped. Run the same command again to go on: nothing is counted twice.\n');
});
