import { money } from '@millrace/catalog/events/money.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeLetter } from './letter.ts';
import { moneyText } from './money-text.ts';
import type { NoticeFacts } from './notice.ts';
import { noticeKinds } from './notice.ts';
import { pageText } from './page-text.ts';
import { wordingOf } from './wording.ts';

const orderId = '018f0000-0000-7000-8000-0000deadbeef';
const mail = { noticeId: '018f0000-0000-7000-8000-000000000001', orderId, email: 'ada@example.com', name: 'Ada' };
const euros = (amountMinor: number) => ({ amountMinor, currency: 'EUR' as const });
const confirmed = (name: string | null): NoticeFacts => ({
  kind: 'order-confirmed',
  total: euros(5_998),
  lines: [{ name, quantity: 2, unitPrice: euros(2_999) }],
  otherLines: 0,
});
const everything: NoticeFacts[] = [
  { kind: 'welcome' },
  confirmed('Coffee mug'),
  { kind: 'order-rejected', reason: 'out-of-stock' },
  { kind: 'order-rejected', reason: 'payment-declined' },
  { kind: 'order-rejected', reason: 'deadline' },
  { kind: 'order-cancelled', reason: 'cancelled-by-customer' },
  { kind: 'order-cancelled', reason: 'toString' },
  { kind: 'order-shipped' },
  { kind: 'order-delivered' },
];

describe('money', () => {
  test.each([
    [{ amountMinor: 0, currency: 'USD' }, '$0.00'],
    [{ amountMinor: 5, currency: 'EUR' }, '€0.05'],
    [{ amountMinor: 123_450, currency: 'GBP' }, '£1,234.50'],
    [{ amountMinor: 500, currency: 'JPY' }, '¥500'],
    [{ amountMinor: 9_007_199_254_740_991, currency: 'USD' }, '$90,071,992,547,409.91'],
  ] as const)('%j is %s', (amount, text) => {
    expect(moneyText(amount)).toBe(text);
  });
  test('of Switzerland is named', () => {
    expect(moneyText({ amountMinor: 1_000, currency: 'CHF' }).replace(/\s/, ' ')).toBe('CHF 10.00');
  });
  test('every digit of every amount is there', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom(...money.shape.currency.options), (amountMinor, currency) => {
        expect(Number(moneyText({ amountMinor, currency }).replaceAll(/\D/g, ''))).toBe(amountMinor);
      }),
    );
  });
});

describe('a letter', () => {
  test('says the same as text and as HTML, with amounts, names and the number of the order', () => {
    const { subject, text, html, to } = writeLetter({ ...mail, facts: confirmed('Coffee mug') });
    expect({ subject, to }).toEqual({ subject: 'Your order is confirmed', to: 'ada@example.com' });
    expect(text).toBe(`Hello Ada,

Thank you! Order DEADBEEF is paid and we are packing it.

We write again when it leaves us.

  2 × Coffee mug  €59.98
  Total  €59.98

Millrace

-- 
You get this mail because you have an account at Millrace.
`);
    for (const words of ['Hello Ada,', 'Order DEADBEEF is paid', '2 × Coffee mug', '€59.98', 'you have an account']) {
      expect(html).toContain(words);
    }
  });

  test('there is one of every kind, with a subject and words of its own', () => {
    expect(new Set(everything.map(({ kind }) => kind))).toEqual(new Set(noticeKinds));
    const letters = everything.map((facts) => writeLetter({ ...mail, facts }));
    expect(new Set(letters.map(({ text }) => text)).size).toBe(everything.length);
    for (const { text, html } of letters) expect(`${text}${html}`).not.toMatch(/undefined|null|NaN|\[object|function/);
  });

  test.each(['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "=cmd|' /C calc'!A0", '&lt;b&gt;'])(
    'shows the name %s as it was written',
    (name) => {
      const { subject, text, html } = writeLetter({ ...mail, name, facts: confirmed(name) });
      expect(subject).toBe('Your order is confirmed');
      expect(text).toContain(`Hello ${name},`);
      expect(text).toContain(`  2 × ${name}  €59.98`);
      expect(html).not.toMatch(/<img|<script|onerror=[^&]*>$/m);
      expect(unescaped(html)).toContain(`Hello ${name},`);
      expect(unescaped(html)).toContain(`2 × ${name}<`);
    },
  );

  test('has the elements of our template alone, whatever names are', () => {
    const elements = (html: string): string[] => [...html.matchAll(/<\/?[a-z!][^>]*>/gi)].map(([element]) => element);
    const ours = elements(writeLetter({ ...mail, facts: confirmed('x') }).html);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '/', '=') }),
    );
    fc.assert(
      fc.property(text, text, (name, line) => {
        expect(elements(writeLetter({ ...mail, name, facts: confirmed(line) }).html)).toEqual(ours);
      }),
    );
  });

  test('a name with line breaks stays on its line', () => {
    const { text } = writeLetter({ ...mail, name: 'Ada\n\nYou owe us €500', facts: { kind: 'welcome' } });
    expect(text.split('\n')[0]).toBe('Hello Ada You owe us €500,');
  });
});

const unescaped = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('on the page', () => {
  test('a notice is a title and plain text', () => {
    expect(pageText(confirmed('Coffee mug'), orderId)).toEqual({
      subject: 'Your order is confirmed',
      text: 'Thank you! Order DEADBEEF is paid and we are packing it. We write again when it leaves us. 2 × Coffee mug: €59.98 in all.',
    });
  });
  test('of many lines three are named, and of twenty-five in the mail twenty', () => {
    const lines = Array.from({ length: 20 }, (_, place) => ({ name: `Item ${place}`, quantity: 1, unitPrice: null }));
    const facts: NoticeFacts = { kind: 'order-confirmed', total: euros(1), lines, otherLines: 5 };
    expect(pageText(facts, orderId).text).toMatch(/ 1 × Item 0, 1 × Item 1, 1 × Item 2 …: €0.01 in all\.$/);
    expect(wordingOf(facts, orderId).table?.rows.at(-1)).toEqual({ what: 'and 5 more', price: '' });
  });
  test('a product without a name is an item', () => {
    expect(pageText(confirmed(null), orderId).text).toContain('2 × item:');
  });
});
