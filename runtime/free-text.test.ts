import { describe, expect, it } from 'vitest';
import { freeText, hasCardNumber } from './free-text.ts';

describe('a text that a person writes', () => {
  it('is trimmed and stored in one form', () => {
    expect(freeText(20).parse('  Zoe\u0308 🙂 ')).toBe('Zoë 🙂');
  });
  it.each(['', '   ', 'x'.repeat(21)])('is refused when it is empty or too long: "%s"', (text) => {
    expect(freeText(20).safeParse(text).success).toBe(false);
  });
  it.each(['4111 1111 1111 1111', 'card 5500-0000-0000-0004 please', '378282246310005'])(
    'is refused with the number of a card: %s',
    (text) => {
      expect(hasCardNumber(text)).toBe(true);
      expect(freeText(100).safeParse(text).success).toBe(false);
    },
  );
  it.each(['4111 1111 1111 1112', 'order 1234567890123', '+43 660 1234567', '2026-11-21 10:00:00'])(
    'may hold other digits: %s',
    (text) => {
      expect(hasCardNumber(text)).toBe(false);
    },
  );
});
