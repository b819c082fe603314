import { AwsError } from '../aws-error.ts';

const simple = 'AWS.SimpleQueueService';

export const queueDoesNotExist = (): AwsError =>
  new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', { queryCode: `${simple}.NonExistentQueue` });

export const queueNameExists = (attribute: string): AwsError =>
  new AwsError(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
    { queryCode: 'QueueAlreadyExists' },
  );

export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' });

export const invalidValue = (name: string, value: unknown, reason: string): AwsError =>
  invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string): AwsError =>
  new AwsError('MissingRequiredParameterException', `The request must contain the parameter ${name}.`, {
    queryCode: 'MissingParameter',
  });

export const invalidAttributeName = (name: string): AwsError =>
  new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string): AwsError =>
  new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);

export const invalidReceiptHandle = (handle: string): AwsError =>
  new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`, {
    status: 404,
  });

export const notInFlight = (): AwsError =>
  new AwsError('MessageNotInflight', 'The specified message is not in flight.', {
    queryCode: `${simple}.MessageNotInflight`,
  });

export const receiptGone = (handle: string): AwsError =>
  invalidValue('ReceiptHandle', handle, 'Message does not exist or is not available for visibility timeout change.');

export const resourceNotFound = (message: string): AwsError =>
  new AwsError('ResourceNotFoundException', message, { status: 404 });

export const unsupported = (message: string): AwsError =>
  new AwsError('UnsupportedOperation', message, { queryCode: `${simple}.UnsupportedOperation` });

export const purgeInProgress = (name: string): AwsError =>
  new AwsError('PurgeQueueInProgress', `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`, {
    status: 403,
    queryCode: `${simple}.PurgeQueueInProgress`,
  });

export const badMessage = (message: string): AwsError => new AwsError('InvalidMessageContents', message);

/** What is wrong with a batch as a whole. */
export const batchError = (type: string, message: string): AwsError =>
  new AwsError(type, message, { queryCode: `${simple}.${type}` });
