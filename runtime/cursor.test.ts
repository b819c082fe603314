import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openToken, signToken } from './cursor.ts';

describe('a signed token', () => {
  it('opens to what was signed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const payload = text.toWellFormed();
        expect(openToken('key', 'page', signToken('key', 'page', payload))).toBe(payload);
      }),
    );
  });

  it('does not open when one character is another, or for another purpose or key', () => {
    const token = signToken('key', 'page', '{"after":"x"}');
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '7', '-', '!'), (index, character) => {
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        expect(openToken('key', 'page', changed)).toBe(changed === token ? '{"after":"x"}' : undefined);
      }),
    );
    expect(openToken('key', 'receipt', token)).toBeUndefined();
    expect(openToken('other', 'page', token)).toBeUndefined();
    expect(openToken('key', 'page', '')).toBeUndefined();
  });
});
