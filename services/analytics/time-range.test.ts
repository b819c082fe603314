import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Interval } from './time-range.ts';
import { bucketsOf, cellOf, dayMs, defaultInterval, hotBoundary, intervals, segmentsOf } from './time-range.ts';
import { isZone, offsetAt, offsetSpans } from './time-zone.ts';

const zones = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Havana',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Pacific/Chatham',
  'America/Asuncion',
];
const zone = fc.constantFrom(...zones);
const range = fc
  .tuple(fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2026, 11) }), fc.integer({ min: 1, max: 400 * dayMs }))
  .map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }));

const starts = (from: string, to: string, options: { interval: Interval; zone: string }): string[] =>
  bucketsOf({ fromMs: Date.parse(from), toMs: Date.parse(to) }, options).map((bucket) =>
    new Date(bucket.startMs).toISOString(),
  );

/** The local date or hour of an instant, by an independent way. */
function localName(zoneName: string, atMs: number): string {
  return new Date(atMs + offsetAt(zoneName, atMs)).toISOString();
}

describe('buckets', () => {
  test('of any range and zone cover it once, in order, each within one local date or hour', () => {
    fc.assert(
      fc.property(range, zone, fc.constantFrom(...intervals), (whole, zoneName, interval) => {
        const cut = interval === 'hour' ? { ...whole, toMs: Math.min(whole.toMs, whole.fromMs + 9 * dayMs) } : whole;
        const buckets = bucketsOf(cut, { interval, zone: zoneName });
        expect(buckets[0]?.fromMs).toBe(cut.fromMs);
        expect(buckets.at(-1)?.toMs).toBe(cut.toMs);
        for (const [index, bucket] of buckets.entries()) {
          expect(bucket.startMs).toBeLessThanOrEqual(bucket.fromMs);
          if (index > 0) expect(bucket.fromMs).toBe(buckets[index - 1]?.toMs);
          if (index > 0) expect(bucket.startMs).toBe(bucket.fromMs);
          expect(bucket.segments).toEqual(segmentsOf(bucket));
          if (interval === 'day' || interval === 'hour') {
            const length = interval === 'day' ? 10 : 13;
            const last = localName(zoneName, bucket.toMs - 1).slice(0, length);
            expect(localName(zoneName, bucket.fromMs).slice(0, length)).toBe(last);
          }
        }
      }),
      { numRuns: 300 },
    );
  }, 240_000);

  test('of the night in which the clock goes back have the hour twice', () => {
    expect(
      starts('2025-10-25T23:00:00Z', '2025-10-26T03:00:00Z', { interval: 'hour', zone: 'Europe/Vienna' }),
    ).toHaveLength(4);
    const days = starts('2025-10-25T22:00:00Z', '2025-10-27T23:00:00Z', { interval: 'day', zone: 'Europe/Vienna' });
    expect(days).toEqual(['2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z']);
  });

  test('of a day without midnight begin with its first instant', () => {
    // The clock went from 23:59:59 to 01:00 on 2018-11-04.
    expect(
      starts('2018-11-03T12:00:00Z', '2018-11-05T12:00:00Z', { interval: 'day', zone: 'America/Sao_Paulo' }),
    ).toEqual(['2018-11-03T03:00:00.000Z', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z']);
  });

  test('of a day with two midnights begin with the first', () => {
    // The clock went back from 01:00 to 00:00 on 2025-11-02.
    expect(starts('2025-11-01T12:00:00Z', '2025-11-03T12:00:00Z', { interval: 'day', zone: 'America/Havana' })).toEqual(
      ['2025-11-01T04:00:00.000Z', '2025-11-02T04:00:00.000Z', '2025-11-03T05:00:00.000Z'],
    );
  });

  test('leave out a date that a zone never had', () => {
    expect(starts('2011-12-29T00:00:00Z', '2012-01-01T00:00:00Z', { interval: 'day', zone: 'Pacific/Apia' })).toEqual([
      '2011-12-28T10:00:00.000Z',
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ]);
  });

  test('of half an hour begin where a zone moves its clock by half an hour', () => {
    expect(
      starts('2025-10-04T15:00:00Z', '2025-10-04T17:00:00Z', { interval: 'hour', zone: 'Australia/Lord_Howe' }),
    ).toEqual(['2025-10-04T14:30:00.000Z', '2025-10-04T15:30:00.000Z', '2025-10-04T16:00:00.000Z']);
  });

  test('of weeks begin on Monday and of months on the first', () => {
    expect(starts('2026-03-04T00:00:00Z', '2026-03-17T00:00:00Z', { interval: 'week', zone: 'UTC' })).toEqual([
      '2026-03-02T00:00:00.000Z',
      '2026-03-09T00:00:00.000Z',
      '2026-03-16T00:00:00.000Z',
    ]);
    expect(
      starts('2026-03-31T00:00:00Z', '2026-04-30T22:30:00Z', { interval: 'month', zone: 'Europe/Vienna' }),
    ).toEqual(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z', '2026-04-30T22:00:00.000Z']);
  });
});

test('a segment that keeps to the quarters at one end of its day, or is an hour, has a cell', () => {
  const day = Date.UTC(2026, 0, 1);
  const at = (from: number, to: number) =>
    cellOf({ dayMs: day, fromMs: day + from * 3_600_000, toMs: day + to * 3_600_000 });
  expect(at(0, 24)).toEqual({ quarterMs: day, columns: 'after' });
  expect(at(5.75, 24)).toEqual({ quarterMs: day + 5.75 * 3_600_000, columns: 'after' });
  expect(at(0, 18.25)).toEqual({ quarterMs: day + 18.25 * 3_600_000, columns: 'before' });
  expect(at(13, 14)).toEqual({ quarterMs: day + 13 * 3_600_000, columns: 'hour' });
  expect(at(23.5, 24)).toEqual({ quarterMs: day + 23.5 * 3_600_000, columns: 'after' });
  expect(at(13, 15)).toBeUndefined();
  expect(at(0, 18.3)).toBeUndefined();
  expect(at(0.1, 24)).toBeUndefined();
});

test('offsets of a zone are those that the runtime knows at each instant', () => {
  fc.assert(
    fc.property(
      range,
      zone,
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (whole, zoneName, share) => {
        const atMs = whole.fromMs + Math.floor(share * (whole.toMs - whole.fromMs));
        const spans = offsetSpans(zoneName, whole.fromMs, whole.toMs);
        const span = spans.find((part) => part.fromMs <= atMs && atMs < part.toMs);
        expect(span?.offsetMs).toBe(offsetAt(zoneName, atMs));
      },
    ),
  );
});

test('a zone has a name, not an offset', () => {
  expect(['Europe/Vienna', 'asia/kathmandu', 'UTC'].map(isZone)).toEqual(Array(3).fill(true));
  expect(['Mars/X', '+02:00', '', 'Europe/Vienna ', 'x'.repeat(99)].map(isZone)).toEqual(Array(5).fill(false));
});

test('Aurora answers for thirty days with today, all of them younger than thirty days', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4e11, max: 4e12 }), (nowMs) => {
      const boundary = hotBoundary(new Date(nowMs));
      expect(boundary % dayMs).toBe(0);
      expect(nowMs - boundary).toBeLessThan(30 * dayMs);
      expect(nowMs - boundary).toBeGreaterThanOrEqual(29 * dayMs);
    }),
  );
});

test('without a wish the interval suits the range', () => {
  const interval = (days: number) => defaultInterval({ fromMs: 0, toMs: days * dayMs });
  expect([1, 3, 4, 93, 94, 200, 201, 400].map(interval)).toEqual([
    'hour',
    'hour',
    'day',
    'day',
    'week',
    'week',
    'month',
    'month',
  ]);
});
