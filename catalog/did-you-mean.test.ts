import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './did-you-mean.ts';

const word = fc.string({ maxLength: 12 });

describe('the distance of two words', () => {
  it('is none for the same, the same both ways, and never longer than over a third', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
  it('counts letters', () => {
    expect([editDistance('kitten', 'sitting'), editDistance('', 'abc')]).toEqual([3, 3]);
  });
});

describe('the word that was meant', () => {
  it.each([
    ['replcias', 'replicas'],
    ['Replicas', 'replicas'],
    ['rotes', 'routes'],
    ['colour', undefined],
  ])('by %s is %s', (wrong, meant) => {
    expect(nearest(wrong, ['size', 'replicas', 'routes', 'scaleOn'])).toBe(meant);
  });
});
