import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cores, mebibytes, parseQuantity } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
    ['5.', 5],
    ['+1', 1],
    ['-1', -1],
    ['250m', 0.25],
    ['100u', 0.0001],
    ['100n', 0.0000001],
    ['1k', 1000],
    ['128M', 128_000_000],
    ['1G', 1_000_000_000],
    ['1T', 1e12],
    ['1P', 1e15],
    ['1E', 1e18],
    ['1Ki', 1024],
    ['128Mi', 134_217_728],
    ['1.5Gi', 1_610_612_736],
    ['1Ti', 1024 ** 4],
    ['1Pi', 1024 ** 5],
    ['1Ei', 1024 ** 6],
    ['129e6', 129_000_000],
    ['129E6', 129_000_000],
    ['1E-3', 0.001],
    ['12e+2', 1200],
  ])('%s is %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.each([1, 0.5, 1e21])('the YAML number %d is itself', (value) => {
    expect(parseQuantity(value)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '1 Gi',
    '1gi',
    '1K',
    '1MB',
    '1GiB',
    'Gi',
    '1e',
    '1.2.3',
    '0x10',
    '1_000',
    '1,5',
    'NaN',
    '١',
    '1mm',
  ])('"%s" is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it.each([null, undefined, true, [], {}, Number.NaN, Number.POSITIVE_INFINITY])('%s is none', (value) => {
    expect(parseQuantity(value)).toBeUndefined();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 * 1024 }), fc.integer({ min: 1, max: 16_000 }), (mib, millis) => {
        expect(parseQuantity(mebibytes(mib))).toBe(mib * 1024 ** 2);
        expect(parseQuantity(cores(millis / 1000))).toBe(millis / 1000);
      }),
    );
  });
});
