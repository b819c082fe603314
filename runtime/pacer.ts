import type { Random } from './ports.ts';

/** Paces a loop: rests that a hint cuts short, and pauses after faults that grow and that only stopping cuts short. */
export class Pacer {
  readonly #random: Random;
  readonly #firstPauseMs: number;
  readonly #longestPauseMs: number;
  #pauseMs: number;
  #isWoken = false;
  #endRest: (() => void) | undefined;
  readonly #stop = new AbortController();

  constructor(options: { random: Random; firstPauseMs: number; longestPauseMs: number }) {
    this.#random = options.random;
    this.#firstPauseMs = options.firstPauseMs;
    this.#longestPauseMs = options.longestPauseMs;
    this.#pauseMs = options.firstPauseMs;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborts when the loop is to stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends the present rest, or the next one if there is none. */
  readonly wake = (): void => {
    this.#isWoken = true;
    this.#endRest?.();
  };

  stop(): void {
    this.#stop.abort();
    this.wake();
  }

  /** Waits that long unless there was a hint. @returns whether there was one. */
  async rest(milliseconds: number): Promise<boolean> {
    if (!this.#isWoken) await this.#wait(milliseconds, (end) => (this.#endRest = end));
    this.#endRest = undefined;
    const wasWoken = this.#isWoken;
    this.#isWoken = false;
    return wasWoken;
  }

  /** Waits longer with each fault in a row, half of it at random, up to the longest pause. */
  async backOff(): Promise<void> {
    const pauseMs = this.#pauseMs * (0.5 + this.#random.fraction() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#longestPauseMs);
    await this.#wait(pauseMs, () => undefined);
  }

  succeed(): void {
    this.#pauseMs = this.#firstPauseMs;
  }

  #wait(milliseconds: number, offer: (end: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      if (this.isStopped) return end();
      this.#stop.signal.addEventListener('abort', end);
      offer(end);
    });
  }
}
