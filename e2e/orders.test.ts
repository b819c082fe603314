import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';
import type { Answer, Person } from './shop.ts';
import { address, makeProduct, orderIn, personOn, placed, placeOrder, register } from './shop.ts';

const deadlineMs = 60_000;

let platform: Platform;
let operator: Person;
let ada: Person;
let mug: string;
let pen: string;
beforeAll(async () => {
  platform = await sharedPlatform();
  operator = await personOn(platform, 'products:write payments:operate');
  ada = await personOn(platform);
  await register(ada);
  mug = await makeProduct(operator, { name: 'Enamel mug', priceMinor: 1_250, stock: 1_000 });
  pen = await makeProduct(operator, { name: 'Brass pen', priceMinor: 3_900, stock: 1_000 });
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

const one = (productId: string, quantity = 1) => [{ productId, quantity }];
const read = async <Body>(person: Person, path: string): Promise<Body> => {
  const { status, body } = await person.insist('GET', path);
  expect([path, status]).toEqual([path, 200]);
  return body as Body;
};

describe('an order', () => {
  it('that is paid is reserved, paid, confirmed, shipped and delivered, and everybody who should know knows', async () => {
    const person = await personOn(platform);
    await register(person);
    const items = [...one(mug, 2), ...one(pen)];
    const order = await placed(person, { items, paymentToken: 'tok_ok' });
    expect(order).toMatchObject({ state: 'pending', total: { amountMinor: 6_400, currency: 'EUR' } });
    await orderIn(person, order.id, { states: ['delivered'], deadlineMs });
    const history = await read<{ items: { to: string }[] }>(person, `/api/orders/${order.id}/history`);
    expect(history.items.map(({ to }) => to)).toEqual([
      'pending',
      'reserved',
      'paid',
      'confirmed',
      'shipped',
      'delivered',
    ]);
    const points = async () => (await read<{ points: number }>(person, '/api/users/me/loyalty')).points;
    await expect.poll(points, { timeout: deadlineMs }).toBe(64);
    const payments = await read<{ items: object[] }>(person, `/api/payments?orderId=${order.id}`);
    expect(payments.items).toEqual([
      expect.objectContaining({
        orderId: order.id,
        state: 'captured',
        captured: { amountMinor: 6_400, currency: 'EUR' },
      }),
    ]);
    await expect
      .poll(
        async () =>
          (await read<{ items: { kind: string }[] }>(person, '/api/notifications')).items
            .map(({ kind }) => kind)
            .sort(),
        { timeout: deadlineMs },
      )
      .toEqual(['order-confirmed', 'order-delivered', 'order-shipped', 'welcome']);
    await expect.poll(() => mailsTo(`${person.id}@example.com`), { timeout: deadlineMs }).toBe(4);
    const stranger = await personOn(platform);
    const recommended = async (): Promise<string[]> => {
      const path = `/api/products/recommendations?productId=${mug}`;
      const { items } = await read<{ items: { product: { id: string } }[] }>(stranger, path);
      return items.map(({ product }) => product.id);
    };
    await expect.poll(recommended, { timeout: deadlineMs }).toContain(pen);
  });

  it.each([
    ['tok_declined', 'rejected', 'payment-declined'],
    ['tok_timeout_after_charge', 'delivered', null],
    ['tok_error_once', 'delivered', null],
    ['tok_error_always', 'rejected', 'payment-declined'],
  ])('with %s ends %s', async (paymentToken, state, reason) => {
    const order = await placed(ada, { items: one(mug), paymentToken });
    const ended = await orderIn(ada, order.id, { states: ['delivered', 'rejected', 'cancelled'], deadlineMs });
    expect(ended).toMatchObject({ state, reason });
  });

  it('that is cancelled after it was paid gets its money and its stock back', async () => {
    const rare = { amountMinor: 1_500, currency: 'EUR' };
    const thing = await makeProduct(operator, { name: 'Rare thing', priceMinor: 500, stock: 3 });
    const order = await placed(ada, { items: one(thing, 3), paymentToken: 'tok_ok' });
    await orderIn(ada, order.id, { states: ['confirmed'], deadlineMs });
    expect((await read<{ available: number }>(ada, `/api/products/${thing}`)).available).toBe(0);
    expect((await ada.insist('POST', `/api/orders/${order.id}/cancel`)).status).toBe(202);
    await orderIn(ada, order.id, { states: ['cancelled'], deadlineMs });
    const { items } = await read<{ items: object[] }>(ada, `/api/payments?orderId=${order.id}`);
    expect(items).toEqual([expect.objectContaining({ state: 'refunded', captured: rare, refunded: rare })]);
    await expect
      .poll(async () => (await read<{ available: number }>(ada, `/api/products/${thing}`)).available, {
        timeout: deadlineMs,
      })
      .toBe(3);
  });

  it('of a product that was made a moment ago is taken, and one that is gone is refused with its id', async () => {
    const last = await makeProduct(operator, { name: 'Last one', priceMinor: 100, stock: 1 });
    await placed(ada, { items: one(last), paymentToken: 'tok_ok' });
    await expect
      .poll(async () => (await read<{ available: number }>(ada, `/api/products/${last}`)).available, {
        timeout: deadlineMs,
      })
      .toBe(0);
    // The order service hears of it a moment later; until then it takes the order, and the stock rejects it.
    const refused = await expect
      .poll(() => placeOrder(ada, { items: one(last), paymentToken: 'tok_ok' }), { timeout: deadlineMs })
      .toMatchObject({ status: 409, body: { type: expect.stringMatching(/\/out-of-stock$/) } })
      .then(() => placeOrder(ada, { items: one(last), paymentToken: 'tok_ok' }));
    expect(JSON.stringify(refused.body)).toContain(last);
  });

  it('F37 that is sent twice with one key is one order; with another body the key is refused', async () => {
    const key = randomUUID();
    const order = { items: one(pen), paymentToken: 'tok_ok', key };
    const answers = await Promise.all([placeOrder(ada, order), placeOrder(ada, order), placeOrder(ada, order)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect((await placeOrder(ada, { ...order, items: one(pen, 2) })).status).toBe(422);
    const without = await ada.insist('POST', '/api/orders', {
      body: { items: one(pen), address, paymentToken: 'tok_ok' },
    });
    expect(without.status).toBe(400);
  });
});

async function mailsTo(to: string): Promise<number> {
  const response = await fetch(`${platform.endpoints.gateway}/local/mail/api/messages?to=${encodeURIComponent(to)}`);
  const { items } = (await response.json()) as { items: object[] };
  return items.length;
}

/** What two answers may differ in: the request's own id and the time. */
const comparable = ({ status, headers, body }: Answer): unknown => ({
  status,
  body: { ...(body as object), instance: '' },
  headers: [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name)),
});

describe('B30 what belongs to somebody else', () => {
  it.each([
    ['order', (id: string) => `/api/orders/${id}`],
    ['history', (id: string) => `/api/orders/${id}/history`],
    ['payment', (id: string) => `/api/payments?orderId=${id}`],
  ])('an %s is answered as one that does not exist', async (_, path) => {
    const order = await placed(ada, { items: one(mug), paymentToken: 'tok_ok' });
    await orderIn(ada, order.id, { states: ['confirmed', 'shipped', 'delivered'], deadlineMs });
    const bob = await personOn(platform);
    const [foreign, missing] = [await bob.insist('GET', path(order.id)), await bob.insist('GET', path(randomUUID()))];
    expect(foreign.status).toBe(404);
    expect(comparable(foreign)).toEqual(comparable(missing));
    expect((await ada.insist('GET', path(order.id))).status).toBe(200);
  });

  it('a notice, a cancellation and a profile too', async () => {
    const bob = await personOn(platform);
    const notices = async () => (await read<{ items: { id: string }[] }>(ada, '/api/notifications')).items;
    // She was welcomed, a moment after she registered.
    await expect.poll(async () => (await notices()).length, { timeout: deadlineMs }).toBeGreaterThan(0);
    const notice = (await notices())[0]?.id ?? '';
    const pairs = [
      [`/api/notifications/${notice}`, `/api/notifications/${randomUUID()}`, 'GET'],
      [`/api/notifications/${notice}/read`, `/api/notifications/${randomUUID()}/read`, 'POST'],
      [
        `/api/orders/${(await placed(ada, { items: one(mug), paymentToken: 'tok_ok' })).id}/cancel`,
        `/api/orders/${randomUUID()}/cancel`,
        'POST',
      ],
    ] as const;
    for (const [theirs, none, method] of pairs) {
      const [foreign, missing] = [await bob.insist(method, theirs), await bob.insist(method, none)];
      expect([theirs, foreign.status]).toEqual([theirs, 404]);
      expect(comparable(foreign)).toEqual(comparable(missing));
    }
    expect((await bob.insist('GET', '/api/users/me')).status).toBe(404);
  });
});
