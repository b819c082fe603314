import { deleteObject, deleteObjects } from './delete-objects.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';
import * as buckets from './manage-buckets.ts';
import { postObject } from './post-object.ts';
import { putObject } from './put-object.ts';
import type { S3Operation } from './request.ts';
import type { S3State } from './state.ts';

/** Every operation of S3 that is here, by its name. */
export const s3Operations = (state: S3State): Record<string, S3Operation> => ({
  CreateBucket: buckets.createBucket(state),
  DeleteBucket: buckets.deleteBucket(state),
  DeleteBucketCors: buckets.deleteCors(state),
  DeleteObject: deleteObject(state),
  DeleteObjects: deleteObjects(state),
  GetBucketCors: buckets.getCors(state),
  GetBucketNotificationConfiguration: buckets.getNotification(state),
  GetObject: getObject(state),
  HeadBucket: buckets.headBucket(state),
  HeadObject: getObject(state),
  ListBuckets: buckets.listBuckets(state),
  ListObjectsV2: listObjects(state),
  PostObject: postObject(state),
  PutBucketCors: buckets.putCors(state),
  PutBucketNotificationConfiguration: buckets.putNotification(state),
  PutObject: putObject(state),
});
