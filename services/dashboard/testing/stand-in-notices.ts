import { randomUUID } from 'node:crypto';
import type { Call } from './stand-in-call.ts';
import { needScope, needSession, notFound, sendJson, sendPage } from './stand-in-call.ts';
import type { Shop, StandInNotice, StandInOrder } from './stand-in-shop.ts';

const heartbeatMs = 5_000;

/** The notification API and the payment API. @returns whether the call was for one of them. */
export function answerNotices(shop: Shop, call: Call): boolean {
  const { method, path } = call;
  if (path.startsWith('/payments')) answerPayments(shop, call);
  else if (!path.startsWith('/notifications')) return false;
  else {
    needSession(call);
    if (path === '/notifications') sendPage(call, shop.notices);
    else if (path === '/notifications/live') openStream(shop, call);
    else {
      const [, id, rest] = /^\/notifications\/([^/]+)(\/read)?$/.exec(path) ?? [];
      const notice = shop.notices.find((one) => one.id === id);
      if (!notice) throw notFound();
      if (rest && method === 'POST') {
        notice.readAt ??= new Date(shop.now()).toISOString();
        call.answer.writeHead(204).end();
      } else sendJson(call.answer, notice);
    }
  }
  return true;
}

function answerPayments(shop: Shop, call: Call): void {
  if (call.path === '/payments/attention') {
    needScope(call, 'payments:operate');
    sendPage(call, shop.attention);
    return;
  }
  if (call.path !== '/payments') throw notFound();
  needSession(call);
  const orderId = call.url.searchParams.get('orderId');
  const found = shop.payments.filter((payment) => orderId === null || payment.orderId === orderId);
  if (orderId !== null && found.length === 0) throw notFound();
  sendPage(call, found);
}

function openStream(shop: Shop, call: Call): void {
  call.answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  call.answer.write(':\n\n');
  shop.streams.add(call.answer);
  const beat = setInterval(() => call.answer.write(':\n\n'), heartbeatMs);
  call.request.once('close', () => {
    clearInterval(beat);
    shop.streams.delete(call.answer);
  });
}

const words: Record<string, string> = {
  'order-confirmed': 'is confirmed',
  'order-rejected': 'could not be taken',
  'order-cancelled': 'is cancelled',
  'order-shipped': 'is on its way',
  'order-delivered': 'has arrived',
};

/** Writes a notice and tells it to who listens. */
export function notify(shop: Shop, kind: string, order: Pick<StandInOrder, 'id'>): void {
  const subject = `Your order ${words[kind] ?? 'has news'}`;
  const notice: StandInNotice = {
    id: randomUUID(),
    kind,
    subject,
    text: `${subject}. Its number ends with ${order.id.slice(-8).toUpperCase()}.`,
    orderId: order.id,
    email: { state: 'sent' },
    createdAt: new Date(shop.now()).toISOString(),
    readAt: null,
  };
  shop.notices.unshift(notice);
  for (const stream of shop.streams) stream.write(`event: notice\ndata: ${JSON.stringify(notice)}\n\n`);
}
