import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.ts';
import { problemOf } from './failure.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = (): Promise<never> => new Promise(() => undefined);

/** How a wait ended, without being waited for here. */
function watch(wait: Promise<unknown>): { ended?: unknown } {
  const seen: { ended?: unknown } = {};
  void wait.then(
    (value) => Object.assign(seen, { ended: value }),
    (error: unknown) => Object.assign(seen, { ended: error }),
  );
  return seen;
}

describe('a wait with a deadline', () => {
  it.each([
    ['gives what the work gives', async () => 'done', 'done'],
    ['fails with what the work throws', () => Promise.reject(new RangeError('refused')), new RangeError('refused')],
  ])('%s, and leaves no timer', async (_, work, outcome) => {
    const seen = watch(withDeadline<unknown>(work(), 100));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.ended).toEqual(outcome);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at the deadline, not before, with what callers see as 503', async () => {
    const seen = watch(withDeadline(never(), 100));
    await vi.advanceTimersByTimeAsync(99);
    expect(seen).toEqual({});
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.ended).toMatchObject({ name: 'TimeoutError', message: 'no answer within 100 ms' });
    expect(problemOf(seen.ended)?.status).toBe(503);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends with the caller's own error, which is made only then", async () => {
    const own = new RangeError('too late');
    const late = vi.fn(() => own);
    await withDeadline(Promise.resolve(), 100, late);
    expect(late).not.toHaveBeenCalled();
    const seen = watch(withDeadline(never(), 100, late));
    await vi.advanceTimersByTimeAsync(100);
    expect(seen.ended).toBe(own);
    expect(late).toHaveBeenCalledOnce();
  });

  it('hears nothing of work that fails after it', async () => {
    const work = Promise.withResolvers<string>();
    const seen = watch(withDeadline(work.promise, 100));
    await vi.advanceTimersByTimeAsync(100);
    work.reject(new RangeError('refused'));
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.ended).toMatchObject({ name: 'TimeoutError' });
  });
});
