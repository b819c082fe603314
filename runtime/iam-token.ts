import { awsCredentials } from './aws-credentials.ts';
import type { AwsCredentials } from './aws-signature.ts';
import { sha256, signatureScope, signCanonical } from './aws-signature.ts';

/** Where a token opens a connection to a database. */
export interface IamTarget {
  host: string;
  port: number;
  user: string;
  region: string;
}

/** Where a token opens a connection to a cache. */
export interface CacheTarget {
  /** The id of the replication group, which is no address. */
  group: string;
  /** The user's id, which for users of IAM is the name too. */
  user: string;
  region: string;
}

const lifetimeSeconds = 900;

/** Makes the password for IAM database authentication with the credentials of this process. It opens connections for 15 minutes. */
export async function createIamToken(target: IamTarget): Promise<string> {
  const credentials = awsCredentials(target.region);
  return signIamToken(target, await credentials(), new Date());
}

/** Gives a password for each connection to ElastiCache, with the credentials of this process. It signs in for 15 minutes. */
export function cachePassword(target: CacheTarget): () => Promise<string> {
  const credentials = awsCredentials(target.region);
  return async () => signCacheToken(target, await credentials(), new Date());
}

/**
 * Signs the token for `rds-db:connect`.
 * Source: AWS, "Connecting to your DB instance using IAM authentication".
 */
export function signIamToken(target: IamTarget, credentials: AwsCredentials, now: Date): string {
  const { host, port, user, region } = target;
  const parameters = { Action: 'connect', DBUser: user };
  return presign({ service: 'rds-db', host: `${host}:${port}`, region, parameters }, credentials, now);
}

/**
 * Signs the token for `elasticache:Connect`.
 * Source: AWS, "Authenticating with IAM" of ElastiCache; its sample aws-samples/elasticache-iam-auth-demo-app.
 */
export function signCacheToken(target: CacheTarget, credentials: AwsCredentials, now: Date): string {
  const { group, user, region } = target;
  const parameters = { Action: 'connect', User: user };
  // ElastiCache keeps ids in lower case, whatever they were made as.
  return presign({ service: 'elasticache', host: group.toLowerCase(), region, parameters }, credentials, now);
}

/** A presigned URL of Signature Version 4 without its scheme. Source: AWS, "Signature Version 4", query string. */
function presign(
  request: { service: string; host: string; region: string; parameters: Record<string, string> },
  credentials: AwsCredentials,
  now: Date,
): string {
  const { service, host, region } = request;
  const when = signatureScope(now, { region, service });
  const parameters: Record<string, string> = {
    ...request.parameters,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${when.scope}`,
    'X-Amz-Date': when.time,
    'X-Amz-Expires': String(lifetimeSeconds),
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonical = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')];
  return `${host}/?${query}&X-Amz-Signature=${signCanonical(canonical, when, credentials)}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
