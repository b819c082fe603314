import { createHash, createHmac } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Where the token opens a connection. */
export interface IamTarget {
  host: string;
  port: number;
  user: string;
  region: string;
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

const lifetimeSeconds = 900;

/** Makes the password for IAM database authentication with the credentials of this process. It opens connections for 15 minutes. */
export async function createIamToken(target: IamTarget): Promise<string> {
  // The client's configuration holds the SDK's whole chain of credentials.
  const client = new SQSClient({ region: target.region });
  return signIamToken(target, await client.config.credentials(), new Date());
}

/**
 * Signs the token: a presigned URL of Signature Version 4 for `rds-db:connect`, without its scheme.
 * Source: AWS, "Connecting to your DB instance using IAM authentication"; Signature Version 4, query string.
 */
export function signIamToken(target: IamTarget, credentials: Credentials, now: Date): string {
  const { host, port, user, region } = target;
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/rds-db/aws4_request`;
  const parameters: Record<string, string> = {
    Action: 'connect',
    DBUser: user,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(lifetimeSeconds),
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const request = ['GET', '/', query, `host:${host}:${port}`, '', 'host', digest('')].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, digest(request)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(sign, `AWS4${credentials.secretAccessKey}`);
  return `${host}:${port}/?${query}&X-Amz-Signature=${sign(key, text).toString('hex')}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const sign = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
