import { Duration } from 'cdk8s';
import type { JobIdentity } from './hook-job.ts';
import { addHookJob } from './hook-job.ts';
import type { Place } from './place.ts';

/** More than Fargate takes to give a pod and runtime/smoke.ts waits for its answers, twice. */
const deadline = Duration.minutes(8);

/**
 * Asks every workload of the service for its readiness, through its Service, after all of the release is applied and healthy
 * (hook `PostSync`). When it fails, the sync has failed, and Argo CD says so; nothing goes back by itself.
 */
export function addSmokeJob(place: Place, identity: JobIdentity): void {
  addHookJob(place, identity, { component: 'smoke', hook: 'PostSync', wave: 'workload', deadline, retries: 1 });
}
