import type { AwsCredentials } from './aws-signature.ts';
import { signatureScope, signCanonical, signText } from './aws-signature.ts';

/** A bucket, and where it answers. */
export interface BucketPlace {
  bucket: string;
  region: string;
  /** On a laptop; the bucket is then the first part of the path. */
  endpoint?: string | undefined;
}

/** The address of a bucket, without a slash at its end. */
export function bucketUrl({ bucket, region, endpoint }: BucketPlace): string {
  if (endpoint) return `${endpoint.replace(/\/$/, '')}/${bucket}`;
  return `https://${bucket}.s3.${region}.amazonaws.com`;
}

interface SignedUrl {
  method: 'GET' | 'DELETE';
  key: string;
  seconds: number;
}

/** A URL that does one thing with one object for so long. Source: Amazon S3 API Reference, "Authenticating requests: using query parameters". */
export function signUrl(
  place: BucketPlace,
  wish: SignedUrl,
  signer: { credentials: AwsCredentials; now: Date },
): string {
  const { credentials, now } = signer;
  const when = signatureScope(now, { region: place.region, service: 's3' });
  const url = new URL(`${bucketUrl(place)}/${wish.key.split('/').map(encode).join('/')}`);
  const parameters: Record<string, string> = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${when.scope}`,
    'X-Amz-Date': when.time,
    'X-Amz-Expires': String(wish.seconds),
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  // Their names are in the order of the alphabet already, as the signature wants them.
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&');
  const request = [wish.method, url.pathname, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'];
  return `${url.href}?${query}&X-Amz-Signature=${signCanonical(request, when, credentials)}`;
}

interface SignedForm {
  key: string;
  contentType: string;
  maxBytes: number;
  expiresAt: Date;
}

/**
 * The fields of a form that puts one object of this type and at most this size under this key. Every field that S3 heeds is
 * bound by the policy. Source: Amazon S3 API Reference, "Browser-based uploads using POST (AWS Signature Version 4)".
 */
export function signForm(
  place: BucketPlace,
  wish: SignedForm,
  signer: { credentials: AwsCredentials; now: Date },
): Record<string, string> {
  const { credentials, now } = signer;
  const when = signatureScope(now, { region: place.region, service: 's3' });
  const bound: Record<string, string> = {
    bucket: place.bucket,
    key: wish.key,
    'Content-Type': wish.contentType,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${when.scope}`,
    'X-Amz-Date': when.time,
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
  };
  const exact = Object.entries(bound).map(([name, value]) => ({ [name]: value }));
  const policy = { expiration: wish.expiresAt.toISOString(), conditions: [...exact, sizeRange(wish.maxBytes)] };
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64');
  return { ...bound, Policy: encoded, 'X-Amz-Signature': signText(encoded, when.scope, credentials) };
}

const sizeRange = (maxBytes: number) => ['content-length-range', 1, maxBytes];

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
