/** The places between two steps where a crash would hurt most if a step were in the wrong order. */
export const faultPoints = [
  'relay:before-publish',
  'relay:after-publish',
  'relay:before-commit',
  'relay:after-commit',
  'consumer:before-inbox',
  'consumer:after-inbox',
  'consumer:after-handler',
  'consumer:after-commit',
  'consumer:after-remove',
] as const;
export type FaultPoint = (typeof faultPoints)[number];

/** Called at a named point; does nothing unless a fault test asked for a crash there. */
export type ReachPoint = (point: FaultPoint) => void;

/** Reaches every point and does nothing there. */
export const noFault: ReachPoint = () => undefined;

const form = /^crash@([a-z-]+:[a-z-]+)(?:#([1-9]\d{0,3}))?$/;

/**
 * Reads `MILLRACE_FAULT`: `crash@relay:after-publish` kills this process (SIGKILL) the first time that it reaches the point,
 * `crash@relay:after-publish#3` the third time.
 * @throws Error outside dev, and for a point that does not exist.
 */
export function readFault(fault: string | undefined, environment: string): ReachPoint {
  if (fault === undefined) return noFault;
  if (environment !== 'dev') throw new Error(`MILLRACE_FAULT is for dev only; this is ${environment}.`);
  const [, point, times] = form.exec(fault) ?? [];
  if (!faultPoints.some((known) => known === point)) {
    throw new Error(`MILLRACE_FAULT=${fault}: write crash@<point> with one of ${faultPoints.join(', ')}.`);
  }
  let left = Number(times ?? 1);
  return (reached) => {
    if (reached !== point) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
