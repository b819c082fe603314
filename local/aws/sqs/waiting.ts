import type { Messages } from './messages.ts';

interface Waiter {
  wake: (reason: 'maybe' | 'timeout' | 'gone') => void;
}

/** Receivers that wait for a message. One is woken for each sign of a message; whoever finds none waits again. */
export class Waiting {
  readonly #messages: Messages;
  readonly #now: () => number;
  readonly #waiters = new Map<number, Set<Waiter>>();
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(messages: Messages, now: () => number) {
    this.#messages = messages;
    this.#now = now;
  }

  /** Resolves when there may be a message, when the time is over, or when the receiver has gone. */
  wait(queueId: number, ms: number, onGone: (gone: () => void) => void): Promise<'maybe' | 'timeout' | 'gone'> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(queueId) ?? new Set();
      const timer = setTimeout(() => waiter.wake('timeout'), ms);
      const waiter: Waiter = {
        wake: (reason) => {
          clearTimeout(timer);
          waiters.delete(waiter);
          if (waiters.size === 0) this.#forget(queueId);
          resolve(reason);
        },
      };
      waiters.add(waiter);
      this.#waiters.set(queueId, waiters);
      onGone(() => waiter.wake('gone'));
      this.#watchClock(queueId);
    });
  }

  /** Says that a message of the queue may be had now. */
  signal(queueId: number): void {
    const [first] = this.#waiters.get(queueId) ?? [];
    first?.wake('maybe');
  }

  /** Says that a message of the queue becomes visible at another time than before. */
  retime(queueId: number): void {
    if (this.#waiters.has(queueId)) this.#watchClock(queueId);
  }

  /** Ends every wait, for the end of the process. */
  close(): void {
    for (const waiters of this.#waiters.values()) for (const waiter of [...waiters]) waiter.wake('timeout');
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #watchClock(queueId: number): void {
    clearTimeout(this.#timers.get(queueId));
    this.#timers.delete(queueId);
    if ((this.#waiters.get(queueId)?.size ?? 0) === 0) return;
    const next = this.#messages.nextVisibleAt(queueId, this.#now());
    if (next === undefined) return;
    const ms = Math.min(Math.max(next - this.#now(), 0) + 1, 60_000);
    this.#timers.set(
      queueId,
      setTimeout(() => this.signal(queueId), ms),
    );
  }

  #forget(queueId: number): void {
    this.#waiters.delete(queueId);
    clearTimeout(this.#timers.get(queueId));
    this.#timers.delete(queueId);
  }
}
