import { AwsError } from '../aws-error.ts';

export const validation = (message: string): AwsError => new AwsError('ValidationException', message);

/** The words of AWS's own parameter check. */
export const constraint = (parameter: string, value: unknown, rule: string): AwsError =>
  validation(
    `1 validation error detected: Value '${String(value)}' at '${parameter}' failed to satisfy constraint: ${rule}`,
  );

export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message);

export const alreadyExists = (message: string): AwsError => new AwsError('ResourceAlreadyExistsException', message);

export const invalidPattern = (reason: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);

export const limitExceeded = (message: string): AwsError => new AwsError('LimitExceededException', message);
