/**
 * Waits for work, at most so long; the work itself goes on. The timer ends with the wait, whatever its outcome.
 * @throws what `late` makes; a TimeoutError unless said, which callers of an API see as 503.
 */
export function withDeadline<Value>(work: Promise<Value>, milliseconds: number, late?: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late?.() ?? timeoutAfter(milliseconds)), milliseconds);
    // Both outcomes are handled here: a race would cost three more promises for each request.
    const settle =
      <Outcome>(how: (outcome: Outcome) => void) =>
      (outcome: Outcome): void => {
        clearTimeout(timer);
        how(outcome);
      };
    work.then(settle(resolve), settle(reject));
  });
}

const timeoutAfter = (milliseconds: number): Error =>
  new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError');
