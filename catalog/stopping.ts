import type { Service } from './service.ts';

/** How long a process may take to stop after SIGTERM before it ends itself: `runtime/process.ts`. */
export const processCloseSeconds = 25;
/** How long a consumer waits for the handlers that run: `runtime/consumer.ts`. */
export const consumerCloseSeconds = 20;
/** How long an API waits for the requests that run: `runtime/server.ts`. */
export const requestDeadlineSeconds = 10;

/** The longest deadline among a workload's subscriptions, in seconds; 0 for one that consumes nothing. */
export function longestHandlerSeconds(service: Service, workload: string): number {
  const own = service.consumes.filter((subscription) => subscription.workload === workload);
  return Math.max(0, ...own.map(({ deadlineSeconds }) => deadlineSeconds));
}
