import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';

/** The partition of a region. Source: AWS General Reference, "Amazon Resource Names". */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** An ARN in an environment's account and region. */
export function arnOf(environment: EnvironmentName, service: string, resource: string): string {
  const { account, region } = environments[environment];
  return `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
}

/** The ARN of a role; IAM knows no region. */
export function roleArnOf(environment: EnvironmentName, role: string): string {
  const { account, region } = environments[environment];
  return `arn:${partitionOf(region)}:iam::${account}:role/${role}`;
}

/** The ARN of a bucket or of keys in it; S3 knows neither region nor account there. */
export function bucketArnOf(environment: EnvironmentName, path: string): string {
  return `arn:${partitionOf(environments[environment].region)}:s3:::${path}`;
}
