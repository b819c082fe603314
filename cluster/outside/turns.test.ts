import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('so many run at once, so many wait, and the next is told at once', async () => {
  const turns = createTurns({ atOnce: 2, waiting: 1 });
  const [first, second] = [await turns.take(), await turns.take()];
  const third = turns.take();
  expect(await turns.take()).toBeUndefined();
  first?.();
  // Given back twice it is still one turn.
  first?.();
  const backOfThird = await third;
  expect(backOfThird).toBeTypeOf('function');
  const fourth = turns.take();
  second?.();
  (await fourth)?.();
  backOfThird?.();
  expect([typeof (await turns.take()), typeof (await turns.take())]).toEqual(['function', 'function']);
});
