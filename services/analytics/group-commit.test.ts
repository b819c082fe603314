import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { problemOf } from '@millrace/runtime/failure.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GroupCommit } from './group-commit.ts';
import { groupCommit, maxBatchBytes, maxBatchEvents, packBatches } from './group-commit.ts';

const event = (number: number, more: Partial<TrackedEvent> = {}): TrackedEvent => ({
  id: `0190b5f0-0000-4000-8000-${String(number).padStart(12, '0')}`,
  siteId: '0190b5f0-0000-7000-8000-000000000001',
  visitor: '0123456789abcdef',
  type: 'pageview',
  at: '2026-03-04T10:00:00.000Z',
  receivedAt: '2026-03-04T10:00:00.000Z',
  path: '/',
  ...more,
});
const events = (count: number) => Array.from({ length: count }, (_, number) => event(number));

describe('packing', () => {
  it('keeps every event once, in order, within the limits, and knows where each request went', () => {
    const request = fc.array(
      fc.record({
        title: fc.string({ unit: 'grapheme', maxLength: 250 }),
        path: fc.constantFrom('/', '/a'.repeat(400)),
      }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        let number = 0;
        const given = requests.map((texts) => texts.map((text) => event(number++, text)));
        const { batches, placed } = packBatches(given);
        expect(batches.flat()).toEqual(given.flat());
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxBatchEvents);
          expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(maxBatchBytes);
        }
        for (const [index, own] of given.entries()) {
          const held = (placed[index] ?? []).flatMap((batch) => batches[batch] ?? []);
          expect(own.every((one) => held.includes(one))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('when writes leave', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Writes that stay under way until they are let go, in order. */
  function heldWrites(maxFlights?: number) {
    const sizes: number[] = [];
    const letGo: (() => void)[] = [];
    const commit = groupCommit({
      ...(maxFlights !== undefined && { maxFlights }),
      write: (batches) => {
        sizes.push(batches.flat().length);
        return new Promise((resolve) => {
          letGo.push(() => resolve(batches.map(() => 'id')));
        });
      },
    });
    return { commit, sizes, letGo };
  }
  const submitEachMs = async (commit: GroupCommit, count: number): Promise<void> => {
    for (let ms = 0; ms < count; ms += 1) {
      void commit.submit(events(1));
      await vi.advanceTimersByTimeAsync(1);
    }
  };

  it('a lone request leaves without waiting', async () => {
    const { commit, sizes } = heldWrites();
    void commit.submit(events(1));
    await vi.advanceTimersByTimeAsync(0);
    expect(sizes).toEqual([1]);
  });
  it('there is a millisecond between writes, however fast requests come', async () => {
    const sizes: number[] = [];
    const commit = groupCommit({
      write: async (batches) => {
        sizes.push(batches.flat().length);
        return batches.map(() => 'id');
      },
    });
    const all: Promise<string[]>[] = [];
    for (let ms = 0; ms < 20; ms += 1) {
      for (let turn = 0; turn < 5; turn += 1) {
        all.push(commit.submit(events(1)));
        await vi.advanceTimersByTimeAsync(0);
      }
      await vi.advanceTimersByTimeAsync(1);
    }
    await Promise.all(all);
    expect(sizes.length).toBeLessThanOrEqual(21);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100);
  });
  it('there are never more under way than may be', async () => {
    const { commit, sizes, letGo } = heldWrites(2);
    await submitEachMs(commit, 20);
    expect(sizes).toHaveLength(2);
    letGo.shift()?.();
    await vi.advanceTimersByTimeAsync(2);
    expect(sizes).toHaveLength(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20);
  });
});

describe('a group commit', () => {
  /** What the door answers to a request that was refused. */
  const statusOf = (answer: PromiseSettledResult<unknown>): number | undefined =>
    answer.status === 'rejected' ? problemOf(answer.reason)?.status : undefined;

  it('answers everybody who waits with one write', async () => {
    const writes: number[] = [];
    const commit = groupCommit({
      maxFlights: 1,
      write: async (batches) => {
        writes.push(batches.flat().length);
        return batches.map((_, index) => `batch-${index}`);
      },
    });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => commit.submit([event(number)])));
    expect(writes).toEqual([40]);
    expect(new Set(answers.flat())).toEqual(new Set(['batch-0']));
  });
  it('says 503 to all when the database is gone, and goes on afterwards', async () => {
    let isGone = true;
    const commit = groupCommit({
      maxFlights: 1,
      write: async (batches) => {
        if (isGone) throw Object.assign(new Error('gone'), { code: '57P01' });
        return batches.map(() => 'id');
      },
    });
    const answers = await Promise.allSettled([commit.submit(events(1)), commit.submit(events(1))]);
    expect(answers.map(statusOf)).toEqual([503, 503]);
    isGone = false;
    expect(await commit.submit(events(1))).toEqual(['id']);
  });
  it('says 503 to all, also to those who wait, when the database lets the deadline pass', async () => {
    const commit = groupCommit({ maxFlights: 1, deadlineMs: 30, write: () => new Promise(() => undefined) });
    const first = commit.submit(events(1));
    await new Promise(setImmediate);
    const answers = await Promise.allSettled([first, commit.submit(events(1)), commit.submit(events(1))]);
    expect(answers.map(statusOf)).toEqual([503, 503, 503]);
  });
  it('does not let one request fail for what is in another', async () => {
    const commit = groupCommit({
      maxFlights: 1,
      write: async (batches) => {
        if (batches.flat().some((one) => one.path === '/bad')) throw new Error('refused');
        return batches.map(() => 'id');
      },
    });
    const answers = await Promise.allSettled([
      commit.submit([event(1)]),
      commit.submit([event(2, { path: '/bad' })]),
      commit.submit([event(3)]),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
  it('refuses with 503 what would wait in too long a queue', async () => {
    const release = Promise.withResolvers<void>();
    const commit = groupCommit({
      maxFlights: 1,
      write: async (batches) => {
        await release.promise;
        return batches.map(() => 'id');
      },
    });
    const all = Array.from({ length: 12 }, () => commit.submit(events(5_000)));
    const settled = Promise.allSettled(all);
    release.resolve();
    const refused = (await settled).filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(2);
    expect(refused[0]?.reason).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    await commit.drain();
  });
});
