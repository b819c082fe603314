import { AwsError } from '../aws-error.ts';

/** A refusal in S3's words; `details` are the further elements of its XML. */
export class S3Error extends AwsError {
  readonly details: Record<string, string>;

  constructor(status: number, code: string, message: string, details: Record<string, string> = {}) {
    super(code, message, { status });
    this.details = details;
  }
}

export const accessDenied = (message = 'Access Denied'): S3Error => new S3Error(403, 'AccessDenied', message);

export const noSuchBucket = (name: string): S3Error =>
  new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });

export const noSuchKey = (key: string): S3Error =>
  new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });

export const invalidArgument = (message: string, details: Record<string, string> = {}): S3Error =>
  new S3Error(400, 'InvalidArgument', message, details);

export const malformedXml = (): S3Error =>
  new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/** What S3 has and this endpoint has not. */
export const notImplemented = (what: string): S3Error =>
  new S3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented', {
    Header: what,
  });

export const incompleteBody = (): S3Error =>
  new S3Error(400, 'IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length header.');

export const entityTooLarge = (maxBytes: number): S3Error =>
  new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    MaxSizeAllowed: String(maxBytes),
  });

export const entityTooSmall = (minBytes: number): S3Error =>
  new S3Error(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    MinSizeAllowed: String(minBytes),
  });

export const preconditionFailed = (condition: string): S3Error =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

export const slowDown = (): S3Error => new S3Error(503, 'SlowDown', 'Please reduce your request rate.');

/** S3's own word where the JSON services of AWS have another. */
export function asS3Error(error: AwsError): S3Error {
  if (error instanceof S3Error) return error;
  return error.type === 'ThrottlingException' ? slowDown() : new S3Error(error.status, error.type, error.message);
}
