/** So many at once, so many more in a queue; whoever comes then is told so at once. */
export interface Turns {
  /** Resolves to the function that gives the turn back, or to undefined when the queue is full. */
  take(): Promise<(() => void) | undefined>;
}

export function createTurns(limits: { atOnce: number; waiting: number }): Turns {
  let running = 0;
  const queue: (() => void)[] = [];
  const giveBack = (): void => {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const once = (): (() => void) => {
    let isBack = false;
    return () => {
      if (!isBack) giveBack();
      isBack = true;
    };
  };
  return {
    async take() {
      if (running < limits.atOnce) {
        running += 1;
        return once();
      }
      if (queue.length >= limits.waiting) return undefined;
      await new Promise<void>((resolve) => queue.push(resolve));
      return once();
    },
  };
}
