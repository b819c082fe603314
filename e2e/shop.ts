import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Platform } from './platform.ts';

/** An order as its API shows it. */
export interface OrderView {
  id: string;
  state: string;
  isCancelling: boolean;
  reason: string | null;
  version: number;
  total: { amountMinor: number; currency: string };
}

/** What one request came to; `body` is parsed where it is JSON. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Somebody with a token, calling through the gateway. */
export interface Person {
  id: string;
  /** One request, as it is. */
  ask(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /**
   * The same until it is answered: lost connections, 502 to 504, and what asks to be repeated (`Retry-After`) are repeated.
   * After a kill -9 the database ends what the lost process began a moment later; until then the same key is told 409.
   */
  insist(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
}

export const address = {
  name: 'Ada Archer',
  street: 'Mill Lane 4',
  city: 'Bath',
  postalCode: 'BA1 5LT',
  country: 'GB',
};
const insistMs = 90_000;
const askMs = 20_000;
const pauseMs = 100;
/** A token lasts ten minutes; a long run needs another one. */
const tokenMs = 300_000;

/** A person with a token of their own. */
export async function personOn(platform: Platform, scopes = 'openid', id: string = randomUUID()): Promise<Person> {
  const newToken = async () => ({ token: await platform.token(scopes, id), takenMs: performance.now() });
  let own = await newToken();
  const ask: Person['ask'] = async (method, path, { body, headers = {} } = {}) => {
    if (performance.now() - own.takenMs > tokenMs) own = await newToken();
    const response = await fetch(platform.endpoints.gateway + path, {
      method,
      headers: {
        authorization: `Bearer ${own.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(askMs),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const insist: Person['insist'] = async (method, path, options) => {
    const endMs = performance.now() + insistMs;
    let last = '';
    while (performance.now() < endMs) {
      try {
        const answer = await ask(method, path, options);
        if (answer.status < 502 && !answer.headers.has('retry-after')) return answer;
        last = `${answer.status} ${JSON.stringify(answer.body)}`;
      } catch (error) {
        last = String(error);
      }
      await delay(pauseMs);
    }
    throw new Error(`${method} ${path} was not answered for ${insistMs / 1_000} s: ${last}`);
  };
  return { id, ask, insist };
}

/** Registers a profile, so that points and mails have somebody to go to. */
export async function register(person: Person, name = 'Ada Archer'): Promise<void> {
  const { status, body } = await person.insist('PUT', '/api/users/me', {
    body: { name, email: `${person.id}@example.com` },
  });
  if (status >= 300) throw new Error(`not registered: ${status} ${JSON.stringify(body)}`);
}

/** Makes a product and gives its id. */
export async function makeProduct(
  operator: Person,
  product: { name: string; priceMinor: number; stock: number },
): Promise<string> {
  const { name, priceMinor: amountMinor, stock } = product;
  const { status, body } = await operator.insist('POST', '/api/products', {
    body: { name, description: 'Made for a test.', price: { amountMinor, currency: 'EUR' }, stock },
    headers: { 'idempotency-key': randomUUID() },
  });
  if (status !== 201) throw new Error(`no product: ${status} ${JSON.stringify(body)}`);
  return (body as { id: string }).id;
}

/** Places an order once, however often that has to be tried. */
export function placeOrder(
  person: Person,
  order: { items: { productId: string; quantity: number }[]; paymentToken: string; key?: string },
): Promise<Answer> {
  const { items, paymentToken, key = randomUUID() } = order;
  const body = { items, address, paymentToken };
  return person.insist('POST', '/api/orders', { body, headers: { 'idempotency-key': key } });
}

/** Places an order that must be taken, and gives it. */
export async function placed(person: Person, order: Parameters<typeof placeOrder>[1]): Promise<OrderView> {
  const { status, body } = await placeOrder(person, order);
  if (status !== 202) throw new Error(`the order was not taken: ${status} ${JSON.stringify(body)}`);
  return body as OrderView;
}

/** Waits until an order is in one of these states, and gives it. */
export async function orderIn(
  person: Person,
  id: string,
  wanted: { states: readonly string[]; deadlineMs: number },
): Promise<OrderView> {
  const endMs = performance.now() + wanted.deadlineMs;
  for (;;) {
    const { body } = await person.insist('GET', `/api/orders/${id}`);
    const order = body as OrderView;
    if (wanted.states.includes(order.state)) return order;
    if (performance.now() > endMs) throw new Error(`order ${id} is ${order.state} after ${wanted.deadlineMs} ms`);
    await delay(pauseMs);
  }
}
