import { expect, it } from 'vitest';
import { checkDates, fairPartBefore, rangeBefore, resolveRange, shiftChoice, suitingIntervals } from './range.ts';
import { instantOf, localTimeAt, offsetName } from './zone.ts';

const nowMs = Date.parse('2026-11-21T14:20:00Z');
const vienna = 'Europe/Vienna';
const iso = (range: { fromMs: number; toMs: number }) =>
  [range.fromMs, range.toMs].map((at) => new Date(at).toISOString());

it('today is the zone’s day, with the hours that are still to come', () => {
  const range = resolveRange({ preset: 'today' }, { nowMs, zone: vienna });
  expect(iso(range)).toEqual(['2026-11-20T23:00:00.000Z', '2026-11-21T23:00:00.000Z']);
});

it('the last 24 hours end with the running hour', () => {
  const range = resolveRange({ preset: '24h' }, { nowMs, zone: vienna });
  expect(iso(range)).toEqual(['2026-11-20T15:00:00.000Z', '2026-11-21T15:00:00.000Z']);
});

it('thirty days over the end of summer time begin at a midnight', () => {
  const range = resolveRange({ preset: '30d' }, { nowMs, zone: vienna });
  expect(iso(range)).toEqual(['2026-10-22T22:00:00.000Z', '2026-11-21T23:00:00.000Z']);
  expect(iso(rangeBefore(range, { choice: { preset: '30d' }, zone: vienna }))).toEqual([
    '2026-09-22T22:00:00.000Z',
    '2026-10-22T22:00:00.000Z',
  ]);
});

it('twelve months compare with the same months of the year before', () => {
  const choice = { preset: '12mo' } as const;
  const range = resolveRange(choice, { nowMs, zone: 'UTC' });
  expect(iso(range)).toEqual(['2025-12-01T00:00:00.000Z', '2026-11-22T00:00:00.000Z']);
  expect(iso(rangeBefore(range, { choice, zone: 'UTC' }))).toEqual([
    '2024-12-01T00:00:00.000Z',
    '2025-11-22T00:00:00.000Z',
  ]);
});

it('a running period compares with as much of the one before, on quarters of an hour', () => {
  const range = resolveRange({ preset: 'today' }, { nowMs, zone: 'UTC' });
  const before = rangeBefore(range, { choice: { preset: 'today' }, zone: 'UTC' });
  expect(iso(fairPartBefore(before, { range, nowMs }))).toEqual([
    '2026-11-20T00:00:00.000Z',
    '2026-11-20T14:30:00.000Z',
  ]);
  expect(fairPartBefore(before, { range, nowMs: range.toMs })).toEqual(before);
});

it('a step back from seven days gives the seven before, and there is no step into the future', () => {
  const back = shiftChoice({ preset: '7d' }, { nowMs, zone: vienna, direction: -1 });
  expect(back).toEqual({ from: '2026-11-08', to: '2026-11-14' });
  expect(shiftChoice({ preset: '7d' }, { nowMs, zone: vienna, direction: 1 })).toBeUndefined();
});

it('the day of a skipped hour has 23 hours', () => {
  const day = resolveRange({ from: '2026-03-29', to: '2026-03-29' }, { nowMs, zone: vienna });
  expect((day.toMs - day.fromMs) / 3_600_000).toBe(23);
});

it('a day whose midnight is skipped begins when the clock goes on', () => {
  expect(new Date(instantOf({ year: 2026, month: 9, day: 6 }, 'America/Santiago')).toISOString()).toBe(
    '2026-09-06T04:00:00.000Z',
  );
  expect(localTimeAt(Date.parse('2026-09-06T04:00:00Z'), 'America/Santiago').hour).toBe(1);
});

it('says what is wrong with dates', () => {
  expect(checkDates('2026-01-02', '2026-01-01', '2026-11-21')).toContain('after');
  expect(checkDates('2025-01-01', '2026-11-21', '2026-11-21')).toContain('at most 366');
  expect(checkDates('', '2026-01-01', '2026-11-21')).toContain('both');
  expect(checkDates('2026-01-01', '2026-02-01', '2026-11-21')).toBeUndefined();
});

it('offers the intervals that suit', () => {
  const days = (count: number) => suitingIntervals({ fromMs: 0, toMs: count * 86_400_000 });
  expect([days(1), days(7), days(30), days(365)]).toEqual([
    ['hour'],
    ['hour', 'day'],
    ['day', 'week'],
    ['day', 'week', 'month'],
  ]);
});

it('names offsets', () => {
  expect([offsetName(nowMs, vienna), offsetName(nowMs, 'Asia/Kolkata'), offsetName(nowMs, 'America/New_York')]).toEqual(
    ['UTC+01:00', 'UTC+05:30', 'UTC−05:00'],
  );
});
