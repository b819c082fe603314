import { randomUUID, randomUUIDv7 } from 'node:crypto';
import postgres from 'postgres';
import { benchSite } from './analytics.ts';
import type { Issuer } from './issuer.ts';
import { fillProductCopy, orderOf, pick } from './shop.ts';
import type { Worker } from './stage.ts';

/** Sends the next request of a service's own mixture. */
export type Ask = (number: number) => Promise<Response>;

interface Setting {
  worker: Worker;
  databases: Record<string, string>;
  issuer: Issuer;
}

const personCount = 200;

/** What a service's api is asked for in bar 11: what it is there for, reads and writes, by many people. */
export const mixtures: Record<string, (setting: Setting) => Promise<Ask>> = {
  analytics:
    async ({ worker }) =>
    () =>
      postView(worker),
  dashboard:
    async ({ worker }) =>
    () =>
      fetch(`${worker.url}/session`),
  user: askUser,
  product: askProduct,
  order: askOrder,
  payment: askPayment,
  notification: askNotification,
};

interface Person {
  id: string;
  authorization: string;
}

async function peopleOf(issuer: Issuer, scopes?: string): Promise<Person[]> {
  const ids = Array.from({ length: personCount }, () => randomUUID());
  return Promise.all(ids.map(async (id) => ({ id, authorization: await issuer.authorizationOf(id, scopes) })));
}

/** A call of the service in a person's name. */
function callerOf({ worker }: Setting) {
  return (path: string, { authorization }: Person, write?: { method?: string; body: unknown }): Promise<Response> =>
    fetch(worker.url + path, {
      headers: {
        authorization,
        ...(write && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(write && { method: write.method ?? 'POST', body: JSON.stringify(write.body) }),
    });
}

async function askUser(setting: Setting): Promise<Ask> {
  const call = callerOf(setting);
  const people = await peopleOf(setting.issuer);
  const save = (person: Person, number: number): Promise<Response> => {
    const body = { name: `Ada the ${number}`, email: `${person.id}@example.com` };
    return call('/api/users/me', person, { method: 'PUT', body });
  };
  for (const person of people) await consumed(await save(person, 0));
  return (number) => {
    const person = pick(people);
    if (number % 4 === 0) return save(person, number);
    return call(number % 4 === 1 ? '/api/users/me/loyalty' : '/api/users/me', person);
  };
}

async function askProduct(setting: Setting): Promise<Ask> {
  const call = callerOf(setting);
  const people = await peopleOf(setting.issuer, 'openid products:write');
  const ids: string[] = [];
  for (let number = 1; number <= 300; number += 1) {
    const body = { name: `A thing number ${number}`, price: { amountMinor: number, currency: 'EUR' }, stock: 5 };
    const response = await call('/api/products', pick(people), { body });
    if (response.status !== 201) throw new Error(`no product: ${response.status} ${await response.text()}`);
    ids.push(((await response.json()) as { id: string }).id);
  }
  const reads = [
    () => '/api/products?limit=20',
    () => '/api/products?q=thing&limit=20',
    () => `/api/products/${pick(ids)}`,
    () => `/api/products/recommendations?productId=${pick(ids)}`,
  ];
  return (number) => {
    if (number % 5 < 4) return call(reads[number % 5]?.() ?? '', pick(people));
    return call(`/api/products/${pick(ids)}/stock`, pick(people), { body: { quantity: 1 } });
  };
}

async function askOrder(setting: Setting): Promise<Ask> {
  const call = callerOf(setting);
  const people = await peopleOf(setting.issuer);
  const productIds = await fillProductCopy(setting.databases['order'] ?? '', 500);
  return (number) => {
    if (number % 2 === 1) return call('/api/orders?limit=10', pick(people));
    return call('/api/orders', pick(people), { body: JSON.parse(orderOf(productIds)) as unknown });
  };
}

async function askPayment(setting: Setting): Promise<Ask> {
  const call = callerOf(setting);
  const people = await peopleOf(setting.issuer, 'openid payments:operate');
  const sql = postgres(setting.databases['payment'] ?? '', { max: 1 });
  await sql`
    insert into payment (id, attempt_id, order_id, user_id, amount_minor, currency, state, captured_minor,
      captured_currency, version, correlation_id, traceparent, created_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), owner::uuid, 500, 'EUR', 'captured', 500,
      'EUR', 1, 'bench', '', now(), now()
    from unnest(${people.map(({ id }) => id)}::uuid[]) as owner, generate_series(1, 30)`;
  await sql.end();
  return (number) => call(number % 5 === 0 ? '/api/payments/attention' : '/api/payments?limit=20', pick(people));
}

async function askNotification(setting: Setting): Promise<Ask> {
  const call = callerOf(setting);
  const people = await peopleOf(setting.issuer);
  const sql = postgres(setting.databases['notification'] ?? '', { max: 1 });
  const rows = await sql<{ id: string; recipient: string }[]>`
    insert into notice (id, event_id, recipient, created_at, channel, kind, facts)
    select gen_random_uuid(), gen_random_uuid(), owner::uuid, now(), 'page', 'welcome', '{"kind":"welcome"}'
    from unnest(${people.map(({ id }) => id)}::uuid[]) as owner, generate_series(1, 30)
    returning id, recipient`;
  await sql.end();
  const noticeOf = new Map(rows.map(({ id, recipient }) => [recipient, id]));
  return (number) => {
    const person = pick(people);
    if (number % 4 < 3) return call('/api/notifications?limit=20', person);
    return call(`/api/notifications/${noticeOf.get(person.id)}/read`, person, { body: {} });
  };
}

async function consumed(response: Response): Promise<void> {
  await response.arrayBuffer();
  if (response.status >= 300) throw new Error(`${response.url} answered ${response.status}`);
}

function postView(worker: Worker): Promise<Response> {
  const url = `https://bench.example/page-${Math.floor(Math.random() * 500)}`;
  return fetch(`${worker.url}/api/analytics/collect`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${Math.floor(Math.random() * 99)}.0) Gecko/20100101 Firefox/140.0`,
    },
    body: JSON.stringify({ site: benchSite, events: [{ id: randomUUIDv7(), type: 'pageview', url }] }),
  });
}
