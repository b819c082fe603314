import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Call, LocalPerson } from '@millrace/runtime/gateway-client.ts';
import { connectAs } from '@millrace/runtime/gateway-client.ts';
import type { ListedProduct } from './shop.ts';

type Weighted<Value> = readonly (readonly [Value, number])[];

const names = ['Ada', 'Ben', 'Chloé', 'Dmitri', 'Elif', 'Fatima', 'Grace', 'Hiro', 'Ines', 'Jón', 'Kofi', 'Léa'];
const families = ['Archer', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jansen'];
const streets = ['Mill Lane 4', 'Quai Voltaire 11', 'Am Graben 21', 'Rua Augusta 80', 'Kungsgatan 3'];
const cities = [
  ['GB', 'Bath', 'BA1 5LT'],
  ['FR', 'Paris', '75007'],
  ['AT', 'Wien', '1010'],
  ['PT', 'Lisboa', '1100-053'],
  ['SE', 'Stockholm', '11143'],
] as const;
/** Most cards work; each of the simulated provider's other tokens comes now and then. */
const tokens: Weighted<string> = [
  ['tok_ok', 80],
  ['tok_declined', 7],
  ['tok_error_once', 5],
  ['tok_timeout_after_charge', 5],
  ['tok_error_always', 3],
];
const cancelShare = 0.06;
const longestPollMs = 120_000;
const pollMs = 1_000;
const ended = ['delivered', 'rejected', 'cancelled'];

/** What became of orders so far. */
export interface Sales {
  placed: number;
  moving: number;
  ended: Record<string, number>;
  /** Orders that were refused at the door, such as for the last piece that somebody else took. */
  refused: number;
}

const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)] as Value;

function weighted<Value>(values: Weighted<Value>): Value {
  let left = Math.random() * values.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of values) {
    left -= weight;
    if (left < 0) return value;
  }
  return (values[0] as readonly [Value, number])[0];
}

/** The same people in each demo, so that they collect points and get recommendations. */
export function shopper(number: number): LocalPerson & { name: string } {
  const name = `${names[number % names.length]} ${families[(number * 7) % families.length]}`;
  const bytes = createHash('sha256').update(`demo shopper ${number}`).digest('hex');
  const sub = `${bytes.slice(0, 8)}-${bytes.slice(8, 12)}-4${bytes.slice(13, 16)}-8${bytes.slice(17, 20)}-${bytes.slice(20, 32)}`;
  return { sub, name, email: `shopper-${number}@demo.example`, scopes: [] };
}

/** One visit of a shopper who buys something: registers, looks around, orders, perhaps cancels, and waits how it ends. */
export async function goShopping(parts: {
  url: string;
  person: LocalPerson & { name: string };
  products: readonly ListedProduct[];
  sales: Sales;
  stop: AbortSignal;
}): Promise<void> {
  const { url, person, products, sales, stop } = parts;
  const call = await connectAs(url, person, stop);
  const profile = JSON.stringify({ name: person.name, email: person.email });
  await call('/api/users/me', { method: 'PUT', body: profile });
  const wanted = new Set(Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => pick(products).id));
  for (const id of wanted) await call(`/api/products/${id}`, { accept: [404] });
  const id = await order(call, { wanted: [...wanted], person });
  if (id === undefined) {
    sales.refused += 1;
    return;
  }
  sales.placed += 1;
  sales.moving += 1;
  try {
    if (Math.random() < cancelShare) await changeMind(call, id, stop);
    const state = await watch(call, id, stop);
    sales.ended[state] = (sales.ended[state] ?? 0) + 1;
  } finally {
    sales.moving -= 1;
  }
}

async function order(
  call: Call,
  cart: { wanted: readonly string[]; person: { name: string } },
): Promise<string | undefined> {
  const [country, city, postalCode] = pick(cities);
  const body = JSON.stringify({
    items: cart.wanted.map((productId) => ({ productId, quantity: 1 + Math.floor(Math.random() * 2) })),
    address: { name: cart.person.name, street: pick(streets), city, postalCode, country },
    paymentToken: weighted(tokens),
  });
  const headers = { 'idempotency-key': randomUUID() };
  const answer = await call('/api/orders', { method: 'POST', body, headers, accept: [409, 422] });
  return answer.status === 202 ? (answer.body as { id: string }).id : undefined;
}

async function changeMind(call: Call, id: string, stop: AbortSignal): Promise<void> {
  await delay(Math.random() * 8_000, undefined, { signal: stop });
  await call(`/api/orders/${id}/cancel`, { method: 'POST', accept: [409] });
}

async function watch(call: Call, id: string, stop: AbortSignal): Promise<string> {
  const endMs = performance.now() + longestPollMs;
  while (performance.now() < endMs) {
    const { state } = (await call(`/api/orders/${id}`)).body as { state: string };
    if (ended.includes(state)) return state;
    await delay(pollMs, undefined, { signal: stop });
  }
  return 'still moving';
}
