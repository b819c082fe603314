import { environmentNames } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { provisionEvents } from './aws/provision.ts';
import { provisionBuckets } from './aws/provision-buckets.ts';

// A process of its own that ends: the AWS SDK's memory goes with it.
const { AWS_ENDPOINT_URL, ENVIRONMENT, ORIGIN } = z
  .object({ AWS_ENDPOINT_URL: z.url(), ENVIRONMENT: z.enum(environmentNames), ORIGIN: z.url() })
  .parse(process.env);

await provisionBuckets({ endpoint: AWS_ENDPOINT_URL, environment: ENVIRONMENT, origin: ORIGIN });
await provisionEvents({ endpoint: AWS_ENDPOINT_URL, environment: ENVIRONMENT });
