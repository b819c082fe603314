import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldChanges } from './field-changes.ts';

const lines = (before: unknown, after: unknown): string[] =>
  fieldChanges(before, after).map(({ path, before: left, after: right }) => `${path}: ${left} > ${right}`);

describe('field by field', () => {
  it('items of a list are told apart by their name, not by their place', () => {
    const before = {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '2' },
      ],
    };
    const after = {
      containers: [
        { name: 'new', image: '0' },
        { name: 'a', image: '1' },
        { name: 'b', image: '3' },
      ],
    };
    expect(lines(before, after)).toEqual([
      'containers[b].image: 2 > 3',
      'containers[new]: undefined > {"name":"new","image":"0"}',
    ]);
  });

  it('another order of named items, or of plain values, is a change of its own', () => {
    const one = [{ name: 'a' }, { name: 'b' }];
    expect(lines({ list: one }, { list: one.toReversed() })).toEqual(['list (order): ["a","b"] > ["b","a"]']);
    expect(lines({ list: [1, 2] }, { list: [2, 1] })).toEqual(['list (order): [1,2] > [2,1]']);
  });

  it('lists of plain values show what went and what came, also when a value stands twice', () => {
    expect(lines({ a: ['x', 'x', 'y'] }, { a: ['x', 'z'] })).toEqual([
      'a[]: x > undefined',
      'a[]: y > undefined',
      'a[]: undefined > z',
    ]);
  });

  it('of a long text only the lines that differ are shown', () => {
    expect(lines({ data: 'one\ntwo\nthree' }, { data: 'one\n2\nthree\nfour' })).toEqual([
      'data (lines): two > 2\nfour',
    ]);
  });

  it('a name with a dot stands in brackets; null, absent and empty are three things', () => {
    expect(lines({ labels: { 'a.b/c': '1' } }, { labels: { 'a.b/c': '2' } })).toEqual(['labels[a.b/c]: 1 > 2']);
    expect(lines({ a: null }, { a: '' })).toEqual(['a: null > ']);
    expect(lines({ a: {} }, {})).toEqual(['a: {} > undefined']);
  });

  it('a list that became a map is one change', () => {
    expect(lines({ a: [1] }, { a: { b: 1 } })).toEqual(['a: [1] > {"b":1}']);
  });

  it('law: equal values have no changes, others have some, and the way back has as many', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        const isEqual = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
        expect(fieldChanges(before, before)).toEqual([]);
        expect(fieldChanges(before, after).length === 0).toBe(isEqual);
        expect(fieldChanges(after, before)).toHaveLength(fieldChanges(before, after).length);
      }),
      { numRuns: 500 },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
