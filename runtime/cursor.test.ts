import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openToken, signToken } from './cursor.ts';
import { keyring } from './keyring.ts';

const keys = keyring({ current: 'key' });

describe('a signed token', () => {
  it('opens to what was signed', () => {
    return fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (text) => {
        const payload = text.toWellFormed();
        expect(await openToken(keys, 'page', signToken(keys, 'page', payload))).toBe(payload);
      }),
    );
  });

  it('does not open when one character is another, or for another purpose or key', async () => {
    const token = signToken(keys, 'page', '{"after":"x"}');
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '7', '-', '!'), async (index, character) => {
        const changed = token.slice(0, index) + character + token.slice(index + 1);
        expect(await openToken(keys, 'page', changed)).toBe(changed === token ? '{"after":"x"}' : undefined);
      }),
    );
    expect(await openToken(keys, 'receipt', token)).toBeUndefined();
    expect(await openToken(keyring({ current: 'other' }), 'page', token)).toBeUndefined();
    expect(await openToken(keys, 'page', '')).toBeUndefined();
  });
});
