import type { Service } from './service.ts';

/** How long a process may take to stop after SIGTERM before it ends itself. */
export const processCloseSeconds = 25;
/** How long a consumer waits for the handlers that run. */
export const consumerCloseSeconds = 20;

/** The longest deadline among a workload's subscriptions, in seconds; 0 for one that consumes nothing. */
export function longestHandlerSeconds(service: Service, workload: string): number {
  const own = service.consumes.filter((subscription) => subscription.workload === workload);
  return Math.max(0, ...own.map(({ deadlineSeconds }) => deadlineSeconds));
}
