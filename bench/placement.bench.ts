import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { order } from '@millrace/catalog/services.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import postgres from 'postgres';
import { containerFlags } from './analytics.ts';
import type { Issuer } from './issuer.ts';
import { startIssuer } from './issuer.ts';
import type { Load } from './load.ts';
import { load } from './load.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import { variablesOf } from './services.ts';
import { fillProductCopy, orderOf, pick } from './shop.ts';
import type { Stage, Worker } from './stage.ts';
import { openStage, root } from './stage.ts';

const connections = 32;
const productCount = 500;
const customerCount = 64;

/** Bar 8: an order placed with all checks, beside a service that does the same in an interactive transaction. */
export const placement: Bench = {
  name: 'placement',
  what: `orders over ${connections} connections, beside the same checks and an interactive transaction`,
  run: async (context) => {
    const stage = await openStage();
    const issuer = await startIssuer();
    try {
      const shop = { stage, issuer };
      return [...(await measure(shop, context, 0)), ...(await measure(shop, context, 3))];
    } finally {
      issuer.close();
      await stage.close();
    }
  },
};

interface Shop {
  stage: Stage;
  issuer: Issuer;
}

interface Side {
  worker: Worker;
  databaseUrl: string;
  productIds: string[];
}

interface Round {
  ours: Load;
  peer: Load;
  pipelined: Load;
}

async function measure(shop: Shop, context: BenchContext, linkMs: number): Promise<Figure[]> {
  const sides = {
    ours: await open(shop, { name: `ours_${linkMs}`, linkMs, program: ['services/order/main.ts'] }),
    peer: await open(shop, { name: `peer_${linkMs}`, linkMs, program: [peerProgram] }),
    pipelined: await open(shop, { name: `pipelined_${linkMs}`, linkMs, program: [peerProgram, 'pipelined'] }),
  };
  const customers = await Promise.all(
    Array.from({ length: customerCount }, () => shop.issuer.authorizationOf(randomUUID())),
  );
  const seconds = context.isQuick ? 2 : 6;
  const once = ({ worker, productIds }: Side, forSeconds = seconds): Promise<Load> =>
    load({
      url: `${worker.url}/api/orders`,
      connections,
      seconds: forSeconds,
      body: () => orderOf(productIds),
      moreHeaders: () => ({ authorization: pick(customers), 'idempotency-key': randomUUID() }),
    });
  const warmUp = context.isQuick ? 1 : 5;
  for (const side of Object.values(sides)) await once(side, warmUp);
  const rounds: Round[] = [];
  for (let run = 0; run < (context.isQuick ? 1 : 5); run += 1) {
    const { ours, peer, pipelined } = sides;
    const round = { ours: await once(ours), peer: await once(peer), pipelined: await once(pipelined) };
    context.progress(`link ${linkMs} ms: ours ${text(round.ours)}, peer ${text(round.peer)}`);
    rounds.push(round);
  }
  for (const [name, side] of Object.entries(sides)) await check(name, side);
  for (const { worker } of Object.values(sides)) await worker.stop();
  const all = rounds.flatMap((round) => Object.values(round) as Load[]);
  const refused = all.reduce((sum, each) => sum + each.refused + each.failed, 0);
  if (refused > 0) throw new Error(`${refused} orders were refused or failed`);
  return figures(rounds, linkMs);
}

const peerProgram = 'bench/peers/interactive-placement.ts';

/** A service on a database of its own with order's own tables. The peer writes the history itself, without the trigger. */
async function open({ stage, issuer }: Shop, side: { name: string; linkMs: number; program: string[] }): Promise<Side> {
  const { name, linkMs, program } = side;
  const databaseUrl = await stage.database(name, linkMs);
  await migrate({ url: databaseUrl, folder: join(root, 'services/order/migrations') });
  const productIds = await fillProductCopy(databaseUrl, productCount);
  if (program[0] === peerProgram) await dropTrigger(databaseUrl);
  const [main = '', ...words] = program;
  const worker = await stage.worker({
    args: () => [...containerFlags, join(root, main), ...words],
    env: (port) =>
      variablesOf({ service: order, workload: 'api', port }, { databases: { order: databaseUrl }, issuer }),
    readyPath: '/readyz',
  });
  return { worker, databaseUrl, productIds };
}

async function dropTrigger(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql`drop trigger shop_order_moved on shop_order`;
  await sql.end();
}

/** Every order has its key, its lines, its history and its event. @throws Error when one has not. */
async function check(name: string, { databaseUrl }: Side): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1 });
  const [row] = await sql<{ orders: number; partial: number }[]>`
    select count(*)::int as orders, count(*) filter (where
      not exists (select from idempotency_key where result = shop_order.id::text)
      or not exists (select from order_line where order_id = shop_order.id)
      or not exists (select from order_move where order_id = shop_order.id)
      or not exists (select from outbox where aggregate_id = shop_order.id::text))::int as partial
    from shop_order`;
  await sql.end();
  if (!row || row.orders === 0 || row.partial > 0) throw new Error(`${name}: ${JSON.stringify(row)}`);
}

function figures(rounds: Round[], linkMs: number): Figure[] {
  const where = linkMs === 0 ? '' : `, ${linkMs} ms on the database link`;
  const middle = (pickOne: (round: Round) => number): number => median(rounds.map(pickOne));
  const figure = { bar: '8', detail: { linkMs, connections, rounds } };
  const rate = (load: Load): number => load.requestsPerSecond;
  return [
    {
      ...figure,
      what: `order placed, beside an interactive transaction${where}`,
      value: middle(({ ours, peer }) => rate(ours) / rate(peer)),
      unit: '×',
      atLeast: 2,
    },
    {
      ...figure,
      what: `order placed, p99 beside an interactive transaction${where}`,
      value: middle(({ ours, peer }) => ours.p99Ms / peer.p99Ms),
      unit: '×',
      atMost: 0.7,
    },
    {
      ...figure,
      what: `order placed, beside the same with pipelined inserts${where}`,
      value: middle(({ ours, pipelined }) => rate(ours) / rate(pipelined)),
      unit: '×',
    },
    { ...figure, what: `order placed${where}`, value: middle(({ ours }) => rate(ours)), unit: 'requests/s' },
    { ...figure, what: `order placed, p99${where}`, value: middle(({ ours }) => ours.p99Ms), unit: 'ms' },
  ];
}

const text = ({ requestsPerSecond, p99Ms }: Load): string => `${Math.round(requestsPerSecond)}/s p99 ${p99Ms} ms`;
