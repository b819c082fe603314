import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import { cpuBetween, cpuSeconds } from './cpu-time.ts';
import { sendEvenly } from './load.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { percentile } from './measurement.ts';
import type { Platform } from './platform.ts';
import { startPlatform } from './platform.ts';
import { orderOf, pick } from './shop.ts';

const perSecond = 50;
const productCount = 200;
const customerCount = 100;
const warmUpMs = 5_000;
const lateMs = 30_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Bar 9: an order from placed to confirmed, through stock and payment, with every service of the platform running. */
export const checkout: Bench = {
  name: 'checkout',
  what: `${perSecond} orders/s through the gateway; from placed to confirmed by the times in order's database`,
  run: async (context) => {
    const platform = await startPlatform();
    try {
      return await measure(platform, context);
    } finally {
      agent.destroy();
      await platform.stop();
    }
  },
};

interface Sent {
  id: string;
  answeredMs: number;
}

async function measure(platform: Platform, context: BenchContext): Promise<Figure[]> {
  const sql = postgres(platform.endpoints.databases['order'] ?? '', { max: 1 });
  try {
    const productIds = await makeProducts(platform, context.isQuick ? 20 : productCount);
    await untilKnown(sql, productIds.length);
    const customers = await register(platform, context.isQuick ? 10 : customerCount);
    const seconds = context.isQuick ? 5 : 30;
    const sent: Sent[] = [];
    const before = cpuSeconds(platform.endpoints.pids);
    const pace = { perSecond, warmUpMs, durationMs: seconds * 1_000 };
    await sendEvenly(pace, async (isWarm) => {
      const one = await placeOrder(platform.endpoints.gateway, pick(customers), orderOf(productIds));
      if (isWarm) sent.push(one);
    });
    const found = await confirmations(sql, sent);
    const cpu = cpuBetween(before, cpuSeconds(platform.endpoints.pids));
    const steps = await readSteps(sql, sent);
    context.progress(`${sent.length} orders; median of each step in ms ${JSON.stringify(steps)}`);
    context.progress(`processor seconds ${JSON.stringify(cpu)}`);
    return figures(sent, found, { seconds, steps, cpu });
  } finally {
    await sql.end();
  }
}

interface Confirmation {
  id: string;
  state: string;
  /** Nothing when the order was never confirmed. */
  ms: number | null;
}

/** Waits until nothing is on its way any more. Shipping comes after, and is a matter of a simulated carrier. */
async function confirmations(sql: postgres.Sql, sent: readonly Sent[]): Promise<Confirmation[]> {
  const ids = sent.map(({ id }) => id);
  for (const end = performance.now() + lateMs; performance.now() < end; await wait(250)) {
    const [row] = await sql<{ open: number }[]>`
      select count(*)::int as open from shop_order
      where id = any(${ids}::uuid[]) and state in ('pending', 'reserved', 'paid')`;
    if (row?.open === 0) break;
  }
  return [
    ...(await sql<Confirmation[]>`
      select shop_order.id, state, (extract(epoch from order_move.at - placed_at) * 1000)::float8 as ms
      from shop_order left join order_move on order_id = shop_order.id and to_state = 'confirmed'
      where shop_order.id = any(${ids}::uuid[])`),
  ];
}

/** Which part of the way takes the time: from the move before to each move, in the middle. */
async function readSteps(sql: postgres.Sql, sent: readonly Sent[]): Promise<Record<string, number>> {
  const rows = await sql<{ step: string; ms: number }[]>`
    with step as (
      select to_state, (extract(epoch from at - lag(at) over (partition by order_id order by version)) * 1000)::float8 as ms
      from order_move where order_id = any(${sent.map(({ id }) => id)}::uuid[]))
    select to_state as step, round(percentile_cont(0.5) within group (order by ms)) as ms
    from step where to_state in ('reserved', 'paid', 'confirmed') group by to_state`;
  return Object.fromEntries(rows.map(({ step, ms }) => [step, ms]));
}

interface Facts {
  seconds: number;
  steps: Record<string, number>;
  cpu: Record<string, number>;
}

function figures(sent: readonly Sent[], found: readonly Confirmation[], facts: Facts): Figure[] {
  const confirmed = found.flatMap(({ ms }) => (ms === null ? [] : [ms]));
  const missing = sent.length - confirmed.length;
  // An order that was never confirmed counts as later than any bar.
  const times = [...confirmed, ...Array.from({ length: missing }, () => lateMs)];
  const [p50Ms = 0, p90Ms = 0, p99Ms = 0, maxMs = 0] = [50, 90, 99, 100].map((percent) => percentile(times, percent));
  const answerP99Ms = percentile(
    sent.map(({ answeredMs }) => answeredMs),
    99,
  );
  const states = Object.fromEntries(
    Map.groupBy(found, ({ state }) => state)
      .entries()
      .map(countOf),
  );
  const rate = sent.length / facts.seconds;
  const detail = { ...facts, orders: sent.length, perSecond: rate, states, p50Ms, p90Ms, p99Ms, maxMs, answerP99Ms };
  const figure = { bar: '9', unit: 'ms', detail };
  const what = `placed → confirmed at ${Math.round(rate)} orders/s, all services up`;
  return [
    { ...figure, what: `${what}, p99`, value: p99Ms, atMost: 1_000 },
    { ...figure, what: 'placed → confirmed, median', value: p50Ms },
    { ...figure, what: 'orders that were not confirmed', value: missing, unit: '', atMost: 0 },
    { ...figure, what: 'the answer to a placed order, through the gateway, p99', value: answerP99Ms },
  ];
}

const countOf = ([state, orders]: [string, unknown[]]): [string, number] => [state, orders.length];

async function makeProducts(platform: Platform, count: number): Promise<string[]> {
  const authorization = await platform.authorizationOf(randomUUID(), ['products:write']);
  const ids: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const price = { amountMinor: 100 + number, currency: 'EUR' };
    const product = { name: `A thing of the bench number ${number}`, price, stock: 1_000_000 };
    ids.push(await idOf('product', await send(platform, { path: '/api/products', authorization, body: product })));
  }
  return ids;
}

/** People with a profile: so points are granted and mails are sent, as in a shop. */
async function register(platform: Platform, count: number): Promise<string[]> {
  const authorizations: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const sub = randomUUID();
    const authorization = await platform.authorizationOf(sub);
    const body = { name: 'Ada Archer', email: `${sub}@example.com` };
    await idOf('profile', await send(platform, { method: 'PUT', path: '/api/users/me', authorization, body }));
    authorizations.push(authorization);
  }
  return authorizations;
}

function send(
  { endpoints }: Platform,
  call: { method?: string; path: string; authorization: string; body: unknown },
): Promise<Response> {
  const { method = 'POST', path, authorization, body } = call;
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  return fetch(endpoints.gateway + path, { method, headers, body: JSON.stringify(body) });
}

async function idOf(what: string, response: Response): Promise<string> {
  if (response.status !== 201) throw new Error(`no ${what}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** Order has heard of every product: a cart is priced without asking anybody. */
async function untilKnown(sql: postgres.Sql, count: number): Promise<void> {
  for (const end = performance.now() + lateMs; ; await wait(50)) {
    const [row] = await sql<{ known: number }[]>`select count(*)::int as known from product_copy`;
    if (row && row.known >= count) return;
    if (performance.now() > end) throw new Error(`order knows ${row?.known} of ${count} products`);
  }
}

function placeOrder(gateway: string, authorization: string, body: string): Promise<Sent> {
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const call = request(`${gateway}/api/orders`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 202)
          return reject(new Error(`an order was answered ${response.statusCode}: ${text}`));
        resolve({ id: (JSON.parse(text) as { id: string }).id, answeredMs: performance.now() - sentAt });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}
