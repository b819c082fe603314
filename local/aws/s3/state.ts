import type { RouteState } from '../events/route.ts';
import type { Waiting } from '../sqs/waiting.ts';
import type { BucketStore } from './bucket-store.ts';
import type { ContentFiles } from './content-files.ts';

/** What the operations of S3 work on. */
export interface S3State extends RouteState {
  buckets: BucketStore;
  files: ContentFiles;
  waiting: Waiting;
}
