import type { S3Request } from './request.ts';
import { accessDenied, S3Error } from './s3-error.ts';
import { algorithm, isSigned, readScope, readTime, textToSign, verifiedKey } from './signature.ts';

const longestSeconds = 604_800;
const maxSkewMs = 15 * 60 * 1000;
const unsigned = 'UNSIGNED-PAYLOAD';

/** Whether a request carries credentials, in its header or in its URL. */
export const hasCredentials = ({ message, query }: S3Request): boolean =>
  message.headers.authorization !== undefined || query.has('X-Amz-Credential') || query.has('AWSAccessKeyId');

/** Refuses whoever is not signed for, as a private bucket does, and signatures that are wrong or over. */
export function authorize(request: S3Request, now: number): void {
  const { authorization } = request.message.headers;
  if (!hasCredentials(request)) throw accessDenied();
  if (authorization !== undefined) checkHeader(request, authorization);
  else if (request.query.has('X-Amz-Credential')) checkQuery(request, now);
  else {
    throw new S3Error(
      400,
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
}

function checkHeader(request: S3Request, authorization: string): void {
  const syntax = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/;
  const [, credential = '', signedHeaders = '', signature = ''] = syntax.exec(authorization) ?? [];
  const scope = readScope(credential);
  if (scope?.service !== 's3') {
    throw new S3Error(400, 'AuthorizationHeaderMalformed', 'The authorization header that you provided is not valid.');
  }
  const text = textToSign({
    method: request.message.method ?? '',
    url: request.message.url ?? '',
    header: request.header,
    signedHeaders: signedHeaders.split(';'),
    payloadHash: request.header('x-amz-content-sha256') ?? unsigned,
    time: request.header('x-amz-date') ?? '',
    scope,
  });
  if (!isSigned(scope, text, signature)) throw signatureDoesNotMatch();
}

function checkQuery(request: S3Request, now: number): void {
  const { query, message } = request;
  const scope = readScope(query.get('X-Amz-Credential') ?? '');
  const signedAt = readTime(query.get('X-Amz-Date') ?? '');
  const seconds = Number(query.get('X-Amz-Expires') || Number.NaN);
  const signedHeaders = (query.get('X-Amz-SignedHeaders') ?? '').split(';');
  if (query.get('X-Amz-Algorithm') !== algorithm)
    throw malformedQuery('X-Amz-Algorithm only supports AWS4-HMAC-SHA256');
  if (scope?.service !== 's3') throw malformedQuery('Error parsing the X-Amz-Credential parameter.');
  if (Number.isNaN(signedAt))
    throw malformedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!Number.isInteger(seconds) || seconds < 1) throw malformedQuery('X-Amz-Expires should be a number of seconds');
  if (seconds > longestSeconds) {
    throw malformedQuery(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  if (!signedHeaders.includes('host')) throw malformedQuery('X-Amz-SignedHeaders must contain host');
  if (now > signedAt + seconds * 1000) throw accessDenied('Request has expired');
  if (signedAt > now + maxSkewMs) throw accessDenied('Request is not valid yet');
  const url = message.url ?? '';
  const payloadHash = request.header('x-amz-content-sha256') ?? unsigned;
  const signed = { method: message.method ?? '', url, header: request.header, signedHeaders, payloadHash, scope };
  const text = textToSign({ ...signed, time: query.get('X-Amz-Date') ?? '' });
  if (!isSigned(scope, text, query.get('X-Amz-Signature') ?? '')) throw signatureDoesNotMatch();
  if (scope.accessKey !== verifiedKey.accessKey) return;
  const loose = Object.keys(message.headers).filter(
    (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signedHeaders.includes(name),
  );
  if (loose.length === 0) return;
  throw new S3Error(403, 'AccessDenied', 'There were headers present in the request which were not signed', {
    HeadersNotSigned: loose.join(', '),
  });
}

export const signatureDoesNotMatch = (): S3Error =>
  new S3Error(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

const malformedQuery = (message: string): S3Error => new S3Error(400, 'AuthorizationQueryParametersError', message);
