import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Plain } from './yaml-text.ts';
import { yamlText } from './yaml-text.ts';

const words = fc.constantFrom(
  'yes',
  'No',
  'null',
  '~',
  '1e3',
  'E0',
  'e-5',
  '0x1f',
  '1:20',
  '2026-01-01',
  '.5',
  '-',
  '<<',
  '=',
  'a: b',
);
const shapes = fc.constantFrom(
  '# x',
  'x #y',
  ' x',
  'x ',
  'a\n  b\nc',
  'a\nb\n',
  'a\n\tb',
  '\na',
  'a\n\n',
  '---',
  '[FILTER]\n    Name x\n',
);
const texts = fc.oneof(words, shapes, fc.string(), fc.string({ unit: 'binary' }));
const leaves = fc.oneof(
  texts,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const data = fc.letrec<{ node: Plain }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaves,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(texts, tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

const without0 = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (Object.is(item, -0) ? 0 : item)));

describe('yamlText', () => {
  it.each(['1.1', '1.2'] as const)('YAML %s reads back what was written', (version) => {
    fc.assert(
      fc.property(data, (value) => {
        const back: unknown = parse(yamlText(value), { version, merge: false, logLevel: 'silent' });
        expect(without0(back)).toEqual(without0(value));
      }),
      { numRuns: 500 },
    );
  });

  it('the order in which keys were set changes nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(texts, leaves, { noNullPrototype: true }), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(yamlText(reversed)).toBe(yamlText(value));
      }),
    );
  });

  it('what names an object comes first, lines of a text stay lines', () => {
    const value = {
      data: { 'output.conf': '[OUTPUT]\n    Name x\n', on: 'yes', count: '1' },
      metadata: { labels: { b: 'x', a: 'y' }, namespace: 'shop', name: 'm' },
      list: [{ value: 'v', name: 'first' }, [], {}, 'plain text'],
      kind: 'K',
      apiVersion: 'v1',
    };
    expect(yamlText(value)).toBe(`apiVersion: v1
kind: K
metadata:
  name: m
  namespace: shop
  labels:
    a: "y"
    b: x
data:
  count: "1"
  "on": "yes"
  output.conf: |
    [OUTPUT]
        Name x
list:
  - name: first
    value: v
  - []
  - {}
  - plain text
`);
  });

  it('refuses what no manifest holds', () => {
    expect(() => yamlText(Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(() => yamlText('\ud83d')).toThrow(RangeError);
    let deep: Plain = [];
    for (let depth = 0; depth < 200; depth += 1) deep = [deep];
    expect(() => yamlText(deep)).toThrow(RangeError);
  });
});
