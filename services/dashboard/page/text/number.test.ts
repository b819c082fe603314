import { expect, it } from 'vitest';
import { nameValue } from './names.ts';
import { changeOf, formatChange, formatCompact, formatDuration, formatShare, niceCeiling } from './number.ts';
import { formatAge, labelBucket, nameBucket } from './time.ts';

it('writes numbers as a person reads them', () => {
  expect([formatCompact(9_999), formatCompact(12_345), formatCompact(4_500_000)]).toEqual(['9,999', '12.3K', '4.5M']);
  expect([formatShare(0.42), formatShare(0.042), formatShare(0.0004), formatShare(0)]).toEqual([
    '42%',
    '4.2%',
    '<0.1%',
    '0%',
  ]);
  expect([formatDuration(8), formatDuration(65), formatDuration(7_380)]).toEqual(['8s', '1m 5s', '2h 3m']);
});

it('says how a figure changed, also from nothing', () => {
  const say = (now: number, before: number) => formatChange(changeOf(now, before));
  expect([say(112, 100), say(95, 100), say(5, 5), say(5, 0), say(1_300, 100), say(0, 0)]).toEqual([
    '+12%',
    '−5%',
    'no change',
    'new',
    '×13',
    'no change',
  ]);
});

it('an axis ends at a round number that is not below the highest value', () => {
  for (const value of [0, 1, 4, 5, 17, 99, 101, 1_234, 98_765]) {
    expect(niceCeiling(value)).toBeGreaterThanOrEqual(value);
    expect(niceCeiling(value) / 4).toBe(Math.round((niceCeiling(value) / 4) * 100) / 100);
  }
});

it('names points and ages', () => {
  const at = Date.parse('2026-11-21T23:00:00Z');
  expect(labelBucket(at, 'Europe/Vienna', 'hour')).toBe('22 Nov');
  expect(labelBucket(at, 'UTC', 'hour')).toBe('23:00');
  expect(nameBucket(at, 'UTC', 'week')).toBe('Week of 21 Nov 2026');
  expect([formatAge(400), formatAge(3_000), formatAge(240_000), formatAge(7_200_000)]).toEqual([
    '0 s',
    '3 s',
    '4 min',
    '2 h',
  ]);
});

it('names values, and does not fail on those that are none', () => {
  expect(nameValue('country', 'AT')).toBe('Austria');
  expect(nameValue('country', '!!')).toBe('!!');
  expect(nameValue('referrer', null)).toBe('Direct or unknown');
  expect(nameValue('language', 'not a language')).toBe('not a language');
});
