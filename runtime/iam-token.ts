import { awsCredentials } from './aws-credentials.ts';
import type { AwsCredentials } from './aws-signature.ts';
import { sha256, signatureScope, signCanonical } from './aws-signature.ts';

/** Where the token opens a connection. */
export interface IamTarget {
  host: string;
  port: number;
  user: string;
  region: string;
}

const lifetimeSeconds = 900;

/** Makes the password for IAM database authentication with the credentials of this process. It opens connections for 15 minutes. */
export async function createIamToken(target: IamTarget): Promise<string> {
  const credentials = awsCredentials(target.region);
  return signIamToken(target, await credentials(), new Date());
}

/**
 * Signs the token: a presigned URL of Signature Version 4 for `rds-db:connect`, without its scheme.
 * Source: AWS, "Connecting to your DB instance using IAM authentication"; Signature Version 4, query string.
 */
export function signIamToken(target: IamTarget, credentials: AwsCredentials, now: Date): string {
  const { host, port, user, region } = target;
  const when = signatureScope(now, { region, service: 'rds-db' });
  const parameters: Record<string, string> = {
    Action: 'connect',
    DBUser: user,
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
  const request = ['GET', '/', query, `host:${host}:${port}`, '', 'host', sha256('')];
  return `${host}:${port}/?${query}&X-Amz-Signature=${signCanonical(request, when, credentials)}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
