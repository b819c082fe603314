import { randomUUID } from 'node:crypto';
import type { Call } from './stand-in-call.ts';
import { invalid, needSession, notFound, Refusal, readJson, sendPage, sendVersion } from './stand-in-call.ts';
import { notify } from './stand-in-notices.ts';
import { change } from './stand-in-products.ts';
import type { Shop, StandInOrder } from './stand-in-shop.ts';

interface OrderBody {
  items: { productId: string; quantity: number }[];
  address: { street?: string; city?: string; postalCode?: string; country?: string };
  paymentToken: string;
}

const ended = ['delivered', 'rejected', 'cancelled'];

/** The order API. Orders move by themselves, a step at a time. @returns whether the call was for it. */
export async function answerOrders(shop: Shop, call: Call): Promise<boolean> {
  const { method, path } = call;
  if (!path.startsWith('/orders')) return false;
  needSession(call);
  if (path === '/orders' && method === 'GET') sendPage(call, shop.orders.map(viewOf));
  else if (path === '/orders') await place(shop, call);
  else await answerOrder(shop, call);
  return true;
}

async function answerOrder(shop: Shop, call: Call): Promise<void> {
  const [, id, rest] = /^\/orders\/([^/]+)(\/history|\/cancel)?$/.exec(call.path) ?? [];
  const order = shop.orders.find((one) => one.id === id);
  if (!order) throw notFound();
  if (rest === '/cancel') cancel(shop, call, order);
  else if (rest !== '/history') sendVersion(call.answer, viewOf(order));
  else sendHistory(call, order);
}

function sendHistory(call: Call, order: StandInOrder): void {
  if (call.request.headers.accept?.includes('text/html')) {
    call.answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    call.answer.end(
      `<!doctype html><title>Order</title><style>h1{color:teal}</style><h1>History of order ${order.id}</h1>`,
    );
    return;
  }
  sendVersion(call.answer, {
    order: { id: order.id, state: order.state },
    items: order.history,
    version: order.version,
  } as {
    version: number;
  });
}

/** What is told of an order; its history is asked for by itself. */
export function viewOf(order: StandInOrder): Omit<StandInOrder, 'history' | 'paymentToken'> {
  const { history: _, paymentToken: __, ...view } = order;
  return view;
}

async function place(shop: Shop, call: Call): Promise<void> {
  const key = call.request.headers['idempotency-key'];
  if (typeof key !== 'string') throw new Refusal(400, 'idempotency-key-required', 'Send an Idempotency-Key.');
  const body = await readJson<OrderBody>(call.request);
  const known = shop.placed.get(key);
  if (known && known.body !== JSON.stringify(body)) {
    throw new Refusal(422, 'idempotency-mismatch', 'This Idempotency-Key was used for another order.');
  }
  const order = known?.order ?? makeOrder(shop, body);
  if (!known) {
    shop.placed.set(key, { body: JSON.stringify(body), order });
    shop.orders.unshift(order);
    later(shop, () => reserve(shop, order));
  }
  if (shop.losesAnswers > 0) {
    shop.losesAnswers -= 1;
    call.answer.destroy();
    return;
  }
  call.answer.setHeader('location', `/api/orders/${order.id}`);
  sendVersion(call.answer, viewOf(order), 202);
}

function makeOrder(shop: Shop, body: OrderBody): StandInOrder {
  if (!body.address.postalCode?.trim()) throw invalid('/address/postalCode', 'Write a postal code.', 'too-small');
  const items = body.items.map(({ productId, quantity }, index) => {
    const product = shop.products.find((one) => one.id === productId);
    if (!product?.isActive) throw invalid(`/items/${index}/productId`, 'This is not sold any more.', 'unknown-product');
    return { productId, quantity, name: product.name, unitPrice: product.price };
  });
  const at = new Date(shop.now()).toISOString();
  const amountMinor = items.reduce((sum, item) => sum + item.quantity * item.unitPrice.amountMinor, 0);
  return {
    id: randomUUID(),
    state: 'pending',
    isCancelling: false,
    reason: null,
    items,
    total: { amountMinor, currency: items[0]?.unitPrice.currency ?? 'EUR' },
    address: body.address,
    version: 1,
    placedAt: at,
    updatedAt: at,
    paymentToken: body.paymentToken,
    history: [{ at, from: null, to: 'pending', move: 'place', event: 'OrderPlaced', note: null }],
  };
}

export function later(shop: Shop, work: () => void): void {
  setTimeout(work, shop.stepMs).unref();
}

function move(shop: Shop, order: StandInOrder, to: string, facts: { event: string; reason?: string }): void {
  const at = new Date(shop.now()).toISOString();
  const entry = { at, from: order.state, to, move: facts.event, event: facts.event, note: facts.reason ?? null };
  order.history.push(entry);
  Object.assign(order, { state: to, version: order.version + 1, updatedAt: at, reason: facts.reason ?? null });
}

function reserve(shop: Shop, order: StandInOrder): void {
  if (order.state !== 'pending') return;
  const lines = order.items.map((item) => ({ item, product: shop.products.find(({ id }) => id === item.productId) }));
  if (lines.some(({ item, product }) => !product || product.available < item.quantity)) {
    move(shop, order, 'rejected', { event: 'StockRejected', reason: 'out-of-stock' });
    notify(shop, 'order-rejected', order);
    return;
  }
  for (const { item, product } of lines)
    if (product) change(shop, product, { available: product.available - item.quantity });
  move(shop, order, 'reserved', { event: 'StockReserved' });
  later(shop, () => pay(shop, order));
}

function pay(shop: Shop, order: StandInOrder): void {
  if (order.state !== 'reserved' || order.isCancelling) return;
  const at = new Date(shop.now()).toISOString();
  const isDeclined = ['tok_declined', 'tok_error_always'].includes(order.paymentToken);
  const nothing = { amountMinor: 0, currency: order.total.currency };
  const payment = {
    id: randomUUID(),
    orderId: order.id,
    total: order.total,
    refunded: nothing,
    createdAt: at,
    updatedAt: at,
  };
  shop.payments.unshift({
    ...payment,
    state: isDeclined ? 'declined' : 'captured',
    captured: isDeclined ? nothing : order.total,
  });
  if (isDeclined) {
    move(shop, order, 'rejected', { event: 'PaymentFailed', reason: 'payment-declined' });
    notify(shop, 'order-rejected', order);
    return;
  }
  move(shop, order, 'paid', { event: 'PaymentProcessed' });
  move(shop, order, 'confirmed', { event: 'OrderConfirmed' });
  notify(shop, 'order-confirmed', order);
  setTimeout(() => ship(shop, order), shop.shipMs).unref();
}

function ship(shop: Shop, order: StandInOrder): void {
  if (order.state !== 'confirmed' || order.isCancelling) return;
  move(shop, order, 'shipped', { event: 'OrderShipped' });
  notify(shop, 'order-shipped', order);
  setTimeout(() => {
    move(shop, order, 'delivered', { event: 'OrderDelivered' });
    notify(shop, 'order-delivered', order);
  }, shop.shipMs).unref();
}

function cancel(shop: Shop, call: Call, order: StandInOrder): void {
  if (order.state === 'shipped' || ended.includes(order.state)) {
    throw new Refusal(409, 'invalid-state', `This order is ${order.state} and cannot be cancelled.`);
  }
  if (!order.isCancelling) {
    order.isCancelling = true;
    later(shop, () => {
      const payment = shop.payments.find(({ orderId }) => orderId === order.id);
      if (payment) Object.assign(payment, { state: 'refunded', refunded: payment.captured });
      order.isCancelling = false;
      move(shop, order, 'cancelled', { event: 'OrderCancelled', reason: 'cancelled-by-customer' });
      notify(shop, 'order-cancelled', order);
    });
  }
  sendVersion(call.answer, viewOf(order), 202);
}
