import { environmentNames } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { provisionEvents } from './aws/provision.ts';

// A process of its own that ends: the AWS SDK's memory goes with it.
const { AWS_ENDPOINT_URL, ENVIRONMENT } = z
  .object({ AWS_ENDPOINT_URL: z.url(), ENVIRONMENT: z.enum(environmentNames) })
  .parse(process.env);

await provisionEvents({ endpoint: AWS_ENDPOINT_URL, environment: ENVIRONMENT });
