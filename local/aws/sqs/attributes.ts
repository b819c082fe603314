import { queueNameOfArn } from '../identity.ts';
import { invalidAttributeName, invalidAttributeValue, invalidValue } from './errors.ts';

export type Attributes = Record<string, string>;

/** What the attributes of a queue mean, in the units that the code works with. */
export interface QueueSettings {
  visibilityMs: number;
  delayMs: number;
  retentionMs: number;
  waitSeconds: number;
  maxMessageBytes: number;
  isFifo: boolean;
  deduplicatesByContent: boolean;
  deduplicatesByGroup: boolean;
  redrive: { target: string; maxReceives: number } | undefined;
}

const integers: Record<string, [least: number, most: number, usual: number]> = {
  VisibilityTimeout: [0, 43_200, 30],
  MaximumMessageSize: [1024, 1_048_576, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600, 345_600],
  DelaySeconds: [0, 900, 0],
  ReceiveMessageWaitTimeSeconds: [0, 20, 0],
};

const choices: Record<string, string[]> = {
  ContentBasedDeduplication: ['true', 'false'],
  FifoQueue: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
  SqsManagedSseEnabled: ['true', 'false'],
};

const fifoOnly = new Set(['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit', 'FifoQueue']);
const documents = new Set(['Policy', 'RedrivePolicy', 'RedriveAllowPolicy']);
const maxDocumentLength = 20_480;

/** The attributes that are counted or fixed, not set. */
export const computedAttributes = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
] as const;

const settable = new Set([
  ...Object.keys(integers),
  ...Object.keys(choices),
  ...documents,
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
]);

export const isKnownAttribute = (name: string): boolean =>
  settable.has(name) || name === 'All' || (computedAttributes as readonly string[]).includes(name);

/** Checks attributes that a caller sets. An empty document takes the attribute away and is returned as ''. */
export function checkAttributes(given: Attributes, isFifo: boolean): Attributes {
  const checked: Attributes = {};
  for (const [name, value] of Object.entries(given)) {
    if (!settable.has(name)) throw invalidAttributeName(name);
    if (fifoOnly.has(name) && !isFifo && value !== 'false') throw invalidAttributeName(name);
    checked[name] = checkValue(name, value);
  }
  if (checked.FifoThroughputLimit === 'perMessageGroupId' && checked.DeduplicationScope === 'queue') {
    throw invalidAttributeValue('FifoThroughputLimit');
  }
  return checked;
}

function checkValue(name: string, value: string): string {
  const range = integers[name] ?? (name === 'KmsDataKeyReusePeriodSeconds' ? [60, 86_400, 300] : undefined);
  if (range !== undefined) {
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : -1;
    if (number < range[0] || number > range[1]) throw invalidAttributeValue(name);
    return String(number);
  }
  if (choices[name]?.includes(value) === false) throw invalidAttributeValue(name);
  if (!documents.has(name) || value === '') return value;
  if (value.length > maxDocumentLength) throw invalidAttributeValue(name);
  if (name === 'RedrivePolicy') redriveOf(value);
  else if (name === 'RedriveAllowPolicy') redriveAllowOf(value);
  else parseObject(name, value);
  return value;
}

function parseObject(name: string, value: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Refused below, as any other value that is not an object.
  }
  throw invalidAttributeValue(name);
}

/** Reads a redrive policy. Refuses what AWS refuses, except that the dead-letter queue exists: the caller checks that. */
export function redriveOf(document: string): { target: string; maxReceives: number } {
  const { deadLetterTargetArn, maxReceiveCount, ...others } = parseObject('RedrivePolicy', document);
  const refuse = (reason: string) => invalidValue('RedrivePolicy', document, reason);
  if (Object.keys(others).length > 0)
    throw refuse('Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].');
  if (maxReceiveCount === undefined)
    throw refuse('Redrive policy does not contain mandatory attribute: maxReceiveCount.');
  if (deadLetterTargetArn === undefined)
    throw refuse('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  const maxReceives = Number(maxReceiveCount);
  if (!Number.isInteger(maxReceives) || maxReceives < 1 || maxReceives > 1000) {
    throw refuse('Invalid value for maxReceiveCount: it must be between 1 and 1000.');
  }
  const target = typeof deadLetterTargetArn === 'string' ? queueNameOfArn(deadLetterTargetArn) : undefined;
  if (target === undefined) throw refuse('Dead letter target does not exist.');
  return { target, maxReceives };
}

/** Which queues may use this one as their dead-letter queue: all, none, or these ARNs. */
export function redriveAllowOf(document: string): 'all' | 'none' | string[] {
  const { redrivePermission, sourceQueueArns } = parseObject('RedriveAllowPolicy', document);
  if (redrivePermission === 'allowAll' && sourceQueueArns === undefined) return 'all';
  if (redrivePermission === 'denyAll' && sourceQueueArns === undefined) return 'none';
  const arns = Array.isArray(sourceQueueArns) ? sourceQueueArns : [];
  const areQueues = arns.every((arn) => typeof arn === 'string' && queueNameOfArn(arn) !== undefined);
  if (redrivePermission !== 'byQueue' || arns.length < 1 || arns.length > 10 || !areQueues) {
    throw invalidAttributeValue('RedriveAllowPolicy');
  }
  return arns as string[];
}

/** All set or usual attributes, as GetQueueAttributes shows them. */
export function withUsual(attributes: Attributes, isFifo: boolean): Attributes {
  const usual: Attributes = { SqsManagedSseEnabled: attributes.KmsMasterKeyId ? 'false' : 'true' };
  for (const [name, [, , value]] of Object.entries(integers)) usual[name] = String(value);
  if (attributes.KmsMasterKeyId) usual.KmsDataKeyReusePeriodSeconds = '300';
  if (isFifo) {
    Object.assign(usual, { FifoQueue: 'true', ContentBasedDeduplication: 'false' });
    Object.assign(usual, { DeduplicationScope: 'queue', FifoThroughputLimit: 'perQueue' });
  }
  return { ...usual, ...attributes };
}

export function settingsOf(attributes: Attributes, isFifo: boolean): QueueSettings {
  const all = withUsual(attributes, isFifo);
  const seconds = (name: string) => Number(all[name]);
  return {
    visibilityMs: seconds('VisibilityTimeout') * 1000,
    delayMs: seconds('DelaySeconds') * 1000,
    retentionMs: seconds('MessageRetentionPeriod') * 1000,
    waitSeconds: seconds('ReceiveMessageWaitTimeSeconds'),
    maxMessageBytes: seconds('MaximumMessageSize'),
    isFifo,
    deduplicatesByContent: all.ContentBasedDeduplication === 'true',
    deduplicatesByGroup: all.DeduplicationScope === 'messageGroup',
    redrive: all.RedrivePolicy ? redriveOf(all.RedrivePolicy) : undefined,
  };
}
