// The command `make demo`: visitors of a site and shoppers of the shop, until the time is over or Ctrl-C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandFault, runCommand } from '@millrace/runtime/command-fault.ts';
import type { Call } from '@millrace/runtime/gateway-client.ts';
import { connectAs, findPlatform } from '@millrace/runtime/gateway-client.ts';
import type { Progress } from '@millrace/runtime/progress.ts';
import { progressOn } from '@millrace/runtime/progress.ts';
import { developer } from '../developer.ts';
import { demoVariables } from './config.ts';
import type { ListedProduct } from './shop.ts';
import { listProducts, refill, stockShop } from './shop.ts';
import type { Sales } from './shoppers.ts';
import { goShopping, shopper } from './shoppers.ts';

const usage = `Sends believable people to a running platform: visitors to a site (two weeks of the past first, when the site is new)
and shoppers to the shop, whose orders run through every service: most are delivered, some are declined or cancelled.

  make demo [SITE="Demo shop"] [MINUTES=10] [VISITORS=20] [ORDERS=30]

  SITE      id, domain or name of a site of the local developer; it is made when there is none
  MINUTES   how long
  VISITORS  new visitors in a minute; 0 for none
  ORDERS    orders in a minute; 0 for none
`;
const visitorsScript = fileURLToPath(new URL('../../services/analytics/demo.ts', import.meta.url));
const shoppers = 40;
const maxShopping = 100;
const beatMs = 250;
const refreshMs = 5_000;

interface Wish {
  minutes: number;
  visitors: number;
  orders: number;
}

function readWish(words: readonly string[], variables: Record<string, string | undefined>): Wish {
  if (words.includes('--help')) throw new CommandFault(0, usage.trimEnd());
  const [unknown] = words;
  if (unknown !== undefined) {
    const fault = unknown.startsWith('-') ? `There is no option ${unknown}` : `"${unknown}" is not understood`;
    throw new CommandFault(2, `${fault}: SITE, MINUTES, VISITORS and ORDERS are variables (--help tells how).`);
  }
  const number = (name: string, standard: number, range: { least: number; most: number }): number => {
    const value = Number(variables[name] || standard);
    if (value >= range.least && value <= range.most) return value;
    throw new CommandFault(2, `${name}=${variables[name]} is not between ${range.least} and ${range.most}.`);
  };
  return {
    minutes: number('MINUTES', 10, { least: 0.05, most: 1_440 }),
    visitors: number('VISITORS', 20, { least: 0, most: 6_000 }),
    orders: number('ORDERS', 30, { least: 0, most: 3_000 }),
  };
}

interface Shop {
  url: string;
  operator: Call;
  stop: AbortSignal;
  progress: Progress;
}

async function sellFor(shop: Shop, wish: Wish, sales: Sales): Promise<void> {
  const { url, operator, stop, progress } = shop;
  let products: ListedProduct[] = await stockShop(operator);
  const startMs = performance.now();
  const endMs = startMs + wish.minutes * 60_000;
  const running = new Set<Promise<void>>();
  let refreshedMs = startMs;
  let due = 0;
  let fault: unknown;
  for (let nowMs = startMs; nowMs < endMs && !stop.aborted && !fault; nowMs = performance.now()) {
    // Arrivals at random moments with the wished mean.
    for (due += (wish.orders * beatMs) / 60_000; due >= 1 && running.size < maxShopping; due -= 0.5 + Math.random()) {
      const person = shopper(Math.floor(Math.random() * shoppers));
      const visit: Promise<void> = goShopping({ url, person, products, sales, stop })
        .catch((error: unknown) => {
          if (!stop.aborted) fault ??= error;
        })
        .finally(() => running.delete(visit));
      running.add(visit);
    }
    if (nowMs - refreshedMs > refreshMs) {
      refreshedMs = nowMs;
      products = await listProducts(operator);
      await refill(operator, products);
    }
    const left = `${Math.ceil((endMs - nowMs) / 1_000)} s left`;
    progress.show((nowMs - startMs) / (endMs - startMs), `${describe(sales)}, ${left}`);
    await delay(beatMs, undefined, { signal: stop }).catch(() => undefined);
  }
  if (running.size > 0 && !stop.aborted) progress.show(1, `${describe(sales)}; the last orders end`);
  await Promise.allSettled(running);
  if (fault) throw fault;
}

function describe({ placed, moving, ended, refused }: Sales): string {
  const ends = Object.entries(ended).map(([state, count]) => `${count} ${state}`);
  const parts = [`${placed} orders`, `${moving} on their way`, ...ends, ...(refused ? [`${refused} refused`] : [])];
  return parts.join(', ');
}

/** The visitors are a command of their own; only its faults are shown beside the shoppers. */
async function sendVisitors(url: string, wish: Wish, stop: AbortSignal): Promise<void> {
  const env = { ...demoVariables(), BASE_URL: url, MINUTES: String(wish.minutes), VISITORS: String(wish.visitors) };
  const child = spawn(process.execPath, [visitorsScript], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const end = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  let last = '';
  child.stderr.on('data', (bytes: Buffer) => {
    last = bytes.toString('utf8').trim().split('\n').at(-1) ?? last;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  stop.removeEventListener('abort', end);
  if (code !== 0 && !stop.aborted) throw new CommandFault(code === 2 ? 2 : 5, last || 'the visitors ended early');
}

await runCommand(async (stop) => {
  const variables = demoVariables();
  const wish = readWish(process.argv.slice(2), variables);
  const url = await findPlatform(variables);
  const operator = await connectAs(url, { ...developer, scopes: ['products:write'] }, stop);
  const sales: Sales = { placed: 0, moving: 0, ended: {}, refused: 0 };
  const progress = progressOn(process.stderr);
  process.stdout.write(`People at ${url} for ${wish.minutes} minutes: see ${url}/shop and ${url}/ (Ctrl-C stops)\n`);
  const together = new AbortController();
  const either = AbortSignal.any([stop, together.signal]);
  const parts = [
    ...(wish.visitors > 0 ? [sendVisitors(url, wish, either)] : []),
    ...(wish.orders > 0 ? [sellFor({ url, operator, stop: either, progress }, wish, sales)] : []),
  ];
  // When one of the two fails, the other ends too; the fault is what a person should read.
  const outcomes = await Promise.allSettled(
    parts.map((part) =>
      part.catch((error: unknown) => {
        together.abort();
        throw error;
      }),
    ),
  );
  progress.end();
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  process.stdout.write(`${describe(sales)}.\n`);
});
