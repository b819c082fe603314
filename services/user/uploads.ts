import type { Uploads } from '@millrace/runtime/uploads.ts';
import { openUploads } from '@millrace/runtime/uploads.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { UserConfig } from './config.ts';

/** The bucket of the pictures. */
export function openAvatarUploads({ service, config, clock, random }: Workload<UserConfig>): Uploads {
  const place = { bucket: config.UPLOADS_BUCKET, region: config.AWS_REGION, endpoint: config.AWS_ENDPOINT_URL };
  return openUploads({ ...place, service: service.name, purpose: 'avatar', clock, random });
}
