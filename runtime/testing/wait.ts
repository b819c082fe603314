import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 10;

/**
 * Waits until the probe gives something truthy and returns it. Fails after the deadline with what was last seen: a bound for
 * what never comes, not for how long it may take.
 */
export async function waitFor<Seen>(probe: () => Seen | Promise<Seen>, deadlineMs = 30_000): Promise<Seen> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const seen = await probe();
      if (seen) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    await delay(pauseMs);
  }
  throw new Error(
    `Not so after ${deadlineMs} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}
