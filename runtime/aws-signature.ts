import { createHash, createHmac } from 'node:crypto';

/** Credentials of a role or a user. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** What a signature of Signature Version 4 holds good for. */
export interface SignatureScope {
  /** The time as AWS writes it: `20260131T235959Z`. */
  time: string;
  /** Date, region and service, as they stand in a credential: `20260131/us-east-1/rds-db/aws4_request`. */
  scope: string;
}

/** The scope of a signature that is made now. Source: AWS, "Signature Version 4". */
export function signatureScope(now: Date, place: { region: string; service: string }): SignatureScope {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return { time, scope: `${time.slice(0, 8)}/${place.region}/${place.service}/aws4_request` };
}

/** Signs a canonical request; gives the signature in hex. Source: AWS, "Signature Version 4", task 2 and 3. */
export function signCanonical(
  request: readonly string[],
  { time, scope }: SignatureScope,
  credentials: AwsCredentials,
): string {
  return signText(['AWS4-HMAC-SHA256', time, scope, sha256(request.join('\n'))].join('\n'), scope, credentials);
}

/** Signs a text with the key of a scope, in hex: what `signCanonical` does at its end, and all that a form's policy needs. */
export function signText(text: string, scope: string, credentials: AwsCredentials): string {
  const key = scope.split('/').reduce<string | Buffer>(sign, `AWS4${credentials.secretAccessKey}`);
  return sign(key, text).toString('hex');
}

/** The headers that sign a POST of JSON to `/` of an AWS service, the ones it is given included. */
export function signPost(
  request: { host: string; body: string; headers: Record<string, string>; region: string; service: string },
  credentials: AwsCredentials,
  now: Date,
): Record<string, string> {
  const { host, body, region, service } = request;
  const when = signatureScope(now, { region, service });
  const headers: Record<string, string> = {
    ...request.headers,
    host,
    'x-amz-date': when.time,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}`);
  const signed = names.join(';');
  const signature = signCanonical(['POST', '/', '', ...lines, '', signed, sha256(body)], when, credentials);
  const credential = `${credentials.accessKeyId}/${when.scope}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
  return { ...headers, authorization };
}

/** SHA-256 of a text, in hex. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const sign = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
