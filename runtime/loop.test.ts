import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startLoop } from './loop.ts';
import { systemRandom } from './ports.ts';
import { waitFor } from './testing/wait.ts';

const parts = { log: pino({ level: 'silent' }), random: systemRandom };

it('repeats at once while there is more, goes on after a fault, and rests when nothing is left', async () => {
  const ends: (boolean | Error)[] = [true, new Error('a fault'), true, false];
  let steps = 0;
  const loop = startLoop(parts, {
    complaint: 'not done',
    everyMs: 60_000,
    firstPauseMs: 1,
    step: async () => {
      const end = ends[steps] ?? false;
      steps += 1;
      if (end instanceof Error) throw end;
      return end;
    },
  });
  await waitFor(() => steps === 4);
  await loop.close();
  expect(steps).toBe(4);
});

it('finishes what runs when it is closed, and begins nothing more', async () => {
  const [begun, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let ended = 0;
  const loop = startLoop(parts, {
    complaint: 'not done',
    everyMs: 0,
    step: async () => {
      begun.resolve();
      await done.promise;
      ended += 1;
      return true;
    },
  });
  await begun.promise;
  const closing = loop.close();
  done.resolve();
  await closing;
  expect(ended).toBe(1);
});
