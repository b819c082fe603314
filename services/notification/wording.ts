// What each notice says, in plain words: one place for the page, the mail's text and its HTML.
import { moneyText } from './money-text.ts';
import type { NoticeFacts, NoticeLine } from './notice.ts';

/** A notice in words. Nothing here is escaped: that is for whoever puts it into HTML. */
export interface Wording {
  subject: string;
  /** One or two sentences each. */
  paragraphs: string[];
  /** What was bought, and what it costs together. */
  table: { rows: { what: string; price: string }[]; total: string } | null;
}

const rejections = {
  'out-of-stock': 'Something in it was sold out before we could put it aside for you. You have not been charged.',
  'payment-declined': 'Your payment was declined, so we put everything back. You have not been charged.',
  deadline: 'We could not finish it in time, so we stopped. You have not been charged.',
} as const;

/** By the words of the order service; others are not shown. */
const cancellations: ReadonlyMap<string, string> = new Map([
  ['cancelled-by-customer', 'You asked for it, and it is done.'],
  ['out-of-stock', 'Something in it was sold out after all. We are sorry.'],
  ['stock-expired', 'Something in it was sold out before the payment came. We are sorry.'],
  ['payment-deadline', 'The payment took too long.'],
]);

/** Puts a notice into words. `orderId` is there for everything that is about an order. */
export function wordingOf(facts: NoticeFacts, orderId: string | null): Wording {
  const order = `Order ${orderNumber(orderId)}`;
  const plain = (subject: string, ...paragraphs: string[]): Wording => ({ subject, paragraphs, table: null });
  switch (facts.kind) {
    case 'welcome':
      return plain(
        'Welcome to Millrace',
        'Your account is ready.',
        'From now on we tell you here and by e-mail what happens to your orders.',
      );
    case 'order-confirmed':
      return {
        subject: 'Your order is confirmed',
        paragraphs: [`Thank you! ${order} is paid and we are packing it.`, 'We write again when it leaves us.'],
        table: { rows: rowsOf(facts), total: moneyText(facts.total) },
      };
    case 'order-rejected':
      return plain('We could not take your order', `${order} did not go through.`, rejections[facts.reason]);
    case 'order-cancelled':
      return plain(
        'Your order is cancelled',
        [`${order} is cancelled.`, cancellations.get(facts.reason) ?? ''].join(' ').trim(),
        'If you had already paid, you get it all back.',
      );
    case 'order-shipped':
      return plain('Your order is on its way', `${order} has left our warehouse.`, 'We write again when it arrives.');
    case 'order-delivered':
      return plain('Your order has arrived', `${order} was delivered.`, 'We hope you like it.');
  }
}

function rowsOf(facts: { lines: NoticeLine[]; otherLines: number }): { what: string; price: string }[] {
  const rows = facts.lines.map(({ name, quantity, unitPrice }) => ({
    what: `${quantity} × ${name ?? 'item'}`,
    price: unitPrice ? moneyText({ ...unitPrice, amountMinor: unitPrice.amountMinor * quantity }) : '',
  }));
  if (facts.otherLines === 0) return rows;
  return [...rows, { what: `and ${facts.otherLines} more`, price: '' }];
}

/** The last eight digits, which people can read to each other: the first ones of a UUID are the time. */
const orderNumber = (orderId: string | null): string => (orderId ?? '').slice(-8).toUpperCase();
