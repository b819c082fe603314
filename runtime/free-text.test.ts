import { describe, expect, it } from 'vitest';
import { freeText, hasCardNumber } from './free-text.ts';

describe('a text that a person writes', () => {
  it('is trimmed and stored in one form', () => {
    expect(freeText(20).parse('  Zoe\u0308 🙂 ')).toBe('Zoë 🙂');
  });
  it.each(['', '   ', 'x'.repeat(21)])('is refused when it is empty or too long: "%s"', (text) => {
    expect(freeText(20).safeParse(text).success).toBe(false);
  });
  it.each(['4111 1111 1111 1111', 'card 5500-0000-0000-0004 please', '378282246310005', 'Visa4111111111111111, 2026'])(
    'is refused with the number of a card: %s',
    (text) => {
      expect(hasCardNumber(text)).toBe(true);
      expect(freeText(100).safeParse(text).success).toBe(false);
    },
  );
  it.each(['2 4242 4242 4242 4242', '4242-4242-4242-4242 12 29', 'from 7 to 12: 10 5500 0000 0000 0004 99'])(
    'is refused with the number of a card among other numbers: %s',
    (text) => {
      expect(hasCardNumber(text)).toBe(true);
    },
  );
  it('is looked through in no time, however many digits it has', () => {
    const startedMs = performance.now();
    for (const part of ['1', '1 ', '4 1', '4111 ', '-1']) hasCardNumber(part.repeat(20_000));
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
  it.each([
    '4111 1111 1111 1112',
    '11112222333344445555666677778888',
    'lines 100 200 300 400 500 600',
    'order 1234567890123',
    '+43 660 1234567',
    '2026-11-21 10:00:00',
    'parcel abcdef41-1111-1111-1111-11abcdefabcd',
  ])('may hold other digits: %s', (text) => {
    expect(hasCardNumber(text)).toBe(false);
  });
});
