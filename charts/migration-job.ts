import { Duration } from 'cdk8s';
import type { JobIdentity } from './hook-job.ts';
import { addHookJob } from './hook-job.ts';
import type { Place } from './place.ts';

/** More than runtime/migrate.ts waits for locks, and less than a release may stand still. */
const deadline = Duration.minutes(10);

/**
 * Brings the service's database to the newest schema before any pod of the release starts. It is a step of the sync itself
 * (hook `Sync` in an early wave), not `PreSync`: on a first sync the namespace and the identity must be there before it.
 */
export function addMigrationJob(place: Place, identity: JobIdentity): void {
  if (!place.service.database) return;
  addHookJob(place, identity, { component: 'migrate', hook: 'Sync', wave: 'migration', deadline, retries: 2 });
}
