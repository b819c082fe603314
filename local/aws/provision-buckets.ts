import { S3 } from '@aws-sdk/client-s3';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { bucketName } from '@millrace/catalog/names.ts';
import { services } from '@millrace/catalog/services.ts';

interface Wanted {
  endpoint: string;
  environment: EnvironmentName;
  /** Where pages come from that upload to buckets and show what is in them. */
  origin: string;
}

/**
 * Makes every bucket to which the catalog gives a service access; each tells EventBridge of its objects, and pages of the
 * origin may use it. Run again it changes nothing; a bucket that the catalog no longer names keeps its objects.
 */
export async function provisionBuckets({ endpoint, environment, origin }: Wanted): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  try {
    for (const Bucket of bucketNames(environment)) {
      await s3.createBucket({ Bucket });
      await s3.putBucketNotificationConfiguration({
        Bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      });
      await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [rule(origin)] } });
    }
  } finally {
    s3.destroy();
  }
}

/** The buckets of an environment, each once. */
export function bucketNames(environment: EnvironmentName): string[] {
  const names = services.flatMap(({ access = [] }) =>
    access.flatMap((each) =>
      each.kind === 'bucket' ? [bucketName(environment, environments[environment].account, each.name)] : [],
    ),
  );
  return [...new Set(names)];
}

const rule = (origin: string) => ({
  AllowedOrigins: [origin],
  AllowedMethods: ['GET', 'HEAD', 'POST', 'PUT'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag'],
  MaxAgeSeconds: 3000,
});
