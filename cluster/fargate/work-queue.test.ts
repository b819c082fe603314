import { describe, expect, test } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

const noFault = (): void => undefined;

/** A piece of work that ends when the test says so. */
function heldWork() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (key: string): Promise<undefined> => {
    begun.push(key);
    return new Promise((resolve) => ends.push(() => resolve(undefined)));
  };
  return { begun, work, endNext: () => ends.shift()?.() };
}

const until = (isWished: () => boolean) => expect.poll(isWished, { timeout: 30_000, interval: 5 }).toBe(true);

describe('a work queue', () => {
  test('does a key once however often it is added before', async () => {
    const { begun, work, endNext } = heldWork();
    const queue = createWorkQueue({ workers: 1, work, onFault: noFault });
    for (const key of ['a', 'b', 'b', 'b']) queue.add(key);
    await until(() => begun.length === 1);
    endNext();
    await until(() => begun.length === 2);
    endNext();
    await queue.stop();
    expect(begun).toEqual(['a', 'b']);
  });

  test('does a key again that was added while it was worked on, and never two at once', async () => {
    const { begun, work, endNext } = heldWork();
    const queue = createWorkQueue({ workers: 4, work, onFault: noFault });
    queue.add('a');
    await until(() => begun.length === 1);
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await until(() => begun.length === 2);
    expect(begun).toEqual(['a', 'b']);
    endNext();
    await until(() => begun.length === 3);
    expect(begun).toEqual(['a', 'b', 'a']);
    endNext();
    endNext();
    await queue.stop();
  });

  test('works on so many at once and no more', async () => {
    const { begun, work, endNext } = heldWork();
    const queue = createWorkQueue({ workers: 2, work, onFault: noFault });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await until(() => begun.length === 2);
    endNext();
    await until(() => begun.length === 3);
    endNext();
    endNext();
    await queue.stop();
  });

  test('tries what failed again, and tells of it', async () => {
    const faults: number[] = [];
    let attempts = 0;
    const queue = createWorkQueue({
      workers: 1,
      work: async () => {
        attempts += 1;
        if (attempts < 3) throw new Error('not yet');
        return undefined;
      },
      onFault: (_key, _error, failures) => faults.push(failures),
    });
    queue.add('a');
    await until(() => attempts === 3);
    await queue.stop();
    expect(faults).toEqual([1, 2]);
  });

  test('does a key again after the time that its work asks for', async () => {
    let times = 0;
    const queue = createWorkQueue({
      workers: 1,
      work: async () => {
        times += 1;
        return times < 3 ? 1 : undefined;
      },
      onFault: noFault,
    });
    queue.add('a');
    await until(() => times === 3);
    await queue.stop();
  });

  test('takes the sooner of two moments', async () => {
    let isDone = false;
    const work = async (): Promise<undefined> => {
      isDone = true;
      return undefined;
    };
    const queue = createWorkQueue({ workers: 1, work, onFault: noFault });
    queue.add('a', 3_600_000);
    queue.add('a', 1);
    await until(() => isDone);
    await queue.stop();
  });

  test('begins nothing after it is stopped', async () => {
    const { begun, work } = heldWork();
    const queue = createWorkQueue({ workers: 1, work, onFault: noFault });
    await queue.stop();
    queue.add('a');
    queue.add('b', 1);
    expect(begun).toEqual([]);
  });
});
