import type { Uploads } from '@millrace/runtime/uploads.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { UserConfig } from './config.ts';

/** What routes and reactions of this service stand on. */
export type UserParts = Pick<Workload<UserConfig>, 'database' | 'clock' | 'random' | 'config' | 'metrics' | 'log'> & {
  uploads: Uploads;
};
