import { Problem } from '@millrace/runtime/problem.ts';
import type { Session } from './session.ts';

const maxCallsOfSession = 40;

/** The calls that run for each session, so that a log-out ends its event streams too. */
export interface LiveStreams {
  /** @returns a signal that fires when the caller is gone or the session ends. @throws Problem 429 */
  begin(session: Session, gone: AbortSignal): AbortSignal;
  endAll(key: string): void;
}

export function createLiveStreams(nowMs: () => number): LiveStreams {
  const running = new Map<string, Set<AbortController>>();
  return {
    begin: (session, gone) => {
      const calls = running.get(session.key) ?? new Set();
      if (calls.size >= maxCallsOfSession) {
        throw new Problem(429, 'too-many-requests', 'Too many calls at once.', { headers: { 'retry-after': '1' } });
      }
      running.set(session.key, calls);
      const call = new AbortController();
      calls.add(call);
      const timer = setTimeout(() => call.abort(), Math.max(0, session.endsAtMs - nowMs()));
      timer.unref();
      const finish = (): void => {
        clearTimeout(timer);
        calls.delete(call);
        if (calls.size === 0 && running.get(session.key) === calls) running.delete(session.key);
        call.abort();
      };
      if (gone.aborted) finish();
      else gone.addEventListener('abort', finish, { once: true });
      return call.signal;
    },
    endAll: (key) => {
      for (const call of running.get(key) ?? []) call.abort();
      running.delete(key);
    },
  };
}
