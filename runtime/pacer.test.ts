import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pacer } from './pacer.ts';
import { systemRandom } from './ports.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** How long so many pauses in a row are, for a random number that is always the same. */
async function pausesOf(pacer: Pacer, count: number): Promise<number[]> {
  const pauses: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const began = Date.now();
    const paused = pacer.backOff();
    await vi.runAllTimersAsync();
    await paused;
    pauses.push(Date.now() - began);
  }
  return pauses;
}

const pacerWith = (fraction: number): Pacer =>
  new Pacer({ random: { ...systemRandom, fraction: () => fraction }, firstPauseMs: 100, longestPauseMs: 5_000 });

test('F12 pauses double up to the longest one, and half of each is random', async () => {
  expect(await pausesOf(pacerWith(0), 8)).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500]);
  expect(await pausesOf(pacerWith(0.5), 8)).toEqual([75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750]);
  const pacer = new Pacer({ random: systemRandom, firstPauseMs: 10_000, longestPauseMs: 10_000 });
  expect(new Set(await pausesOf(pacer, 50)).size).toBeGreaterThan(10);
});

test('F12 a hint does not cut a pause short, success does away with it, and stopping ends it', async () => {
  const pacer = pacerWith(0);
  await pausesOf(pacer, 3);
  pacer.wake();
  expect(await pausesOf(pacer, 1)).toEqual([400]);
  pacer.succeed();
  expect(await pausesOf(pacer, 1)).toEqual([50]);
  const paused = pacer.backOff();
  pacer.stop();
  await paused;
  expect(vi.getTimerCount()).toBe(0);
});
