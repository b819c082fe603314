import { createHash, hash } from 'node:crypto';
import { Input } from '../input.ts';
import type { QueueSettings } from './attributes.ts';
import { badMessage, invalidParameter, invalidValue, missingParameter } from './errors.ts';

/** A checked message that may be stored. */
export interface NewMessage {
  body: string;
  bodyMd5: string;
  /** The message attributes as JSON, as they were sent. */
  attributes: string | null;
  attributesMd5: string | undefined;
  /** System attributes that were sent (AWSTraceHeader) or follow from the request, as JSON. */
  system: string | null;
  systemMd5: string | undefined;
  delayMs: number;
  group: string | null;
  deduplicationKey: string | undefined;
  bytes: number;
}

type AttributeValue = { DataType: string; StringValue?: string; BinaryValue?: string };

const maxAttributes = 10;
const unallowed = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function md5(text: string): string {
  return hash('md5', text, 'hex');
}

/** Checks one message of SendMessage or of a batch. */
export function readMessage(input: Input, settings: QueueSettings): NewMessage {
  const body = input.text('MessageBody');
  if (body === undefined) throw missingParameter('MessageBody');
  if (body === '') throw invalidParameter('The request must contain the parameter MessageBody.');
  if (unallowed.test(body)) {
    throw badMessage(
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  const attributes = readAttributes(input.structure('MessageAttributes'));
  const system = readSystemAttributes(input.structure('MessageSystemAttributes'));
  const bytes = Buffer.byteLength(body) + sizeOf(attributes);
  if (bytes > settings.maxMessageBytes) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${settings.maxMessageBytes} bytes.`,
    );
  }
  const { group, deduplicationId } = readFifo(input, settings, body);
  const systemFacts = {
    ...system,
    ...(deduplicationId && { MessageDeduplicationId: { DataType: 'String', StringValue: deduplicationId } }),
  };
  return {
    body,
    bodyMd5: md5(body),
    attributes: attributes.length > 0 ? JSON.stringify(Object.fromEntries(attributes)) : null,
    attributesMd5: attributesMd5(attributes),
    system: Object.keys(systemFacts).length > 0 ? JSON.stringify(systemFacts) : null,
    systemMd5: attributesMd5(Object.entries(system)),
    delayMs: readDelay(input, settings),
    group: group ?? null,
    deduplicationKey:
      deduplicationId && (settings.deduplicatesByGroup ? `${group} ${deduplicationId}` : deduplicationId),
    bytes,
  };
}

function readDelay(input: Input, settings: QueueSettings): number {
  const seconds = input.integer('DelaySeconds');
  if (seconds === undefined) return settings.delayMs;
  if (settings.isFifo && seconds !== 0) {
    throw invalidValue('DelaySeconds', seconds, 'The request include parameter that is not valid for this queue type.');
  }
  if (seconds < 0 || seconds > 900) {
    throw invalidValue('DelaySeconds', seconds, 'DelaySeconds must be >= 0 and <= 900.');
  }
  return settings.isFifo ? settings.delayMs : seconds * 1000;
}

const fifoName = /^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/;

function readFifo(
  input: Input,
  settings: QueueSettings,
  body: string,
): { group: string | undefined; deduplicationId: string | undefined } {
  const group = input.text('MessageGroupId');
  const given = input.text('MessageDeduplicationId');
  for (const [name, value] of [
    ['MessageGroupId', group],
    ['MessageDeduplicationId', given],
  ] as const) {
    if (value === undefined || fifoName.test(value)) continue;
    throw invalidValue(
      name,
      value,
      `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  }
  if (!settings.isFifo) {
    if (given === undefined) return { group, deduplicationId: undefined };
    throw invalidValue(
      'MessageDeduplicationId',
      given,
      'The request include parameter that is not valid for this queue type.',
    );
  }
  if (group === undefined) throw missingParameter('MessageGroupId');
  if (given === undefined && !settings.deduplicatesByContent) {
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return { group, deduplicationId: given ?? hash('sha256', body, 'hex') };
}

function readAttributes(given: Input | undefined): [string, AttributeValue][] {
  if (given === undefined) return [];
  const names = Object.keys(given.members);
  if (names.length > maxAttributes) {
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${maxAttributes}].`,
    );
  }
  return names.map((name) => [name, readAttribute(name, given.structure(name) ?? new Input({}))]);
}

function readAttribute(name: string, input: Input): AttributeValue {
  const isReserved = /^(aws|amazon)\./i.test(name);
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name) || name.length > 256 || isReserved) {
    throw invalidParameter(
      `Message (user) attribute name '${name}' is invalid. It can contain A-Z, a-z, 0-9, _, -, and . with no period at an end or doubled, may not begin with AWS. or Amazon., and has at most 256 characters.`,
    );
  }
  const type = input.text('DataType') ?? '';
  const kind = type.split('.')[0] ?? '';
  if (!['String', 'Number', 'Binary'].includes(kind) || type.length > 256) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const field = kind === 'Binary' ? 'BinaryValue' : 'StringValue';
  const value = input.text(field);
  if (value === undefined || value === '') {
    throw invalidParameter(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${kind}'.`,
    );
  }
  if (kind !== 'Binary' && unallowed.test(value))
    throw badMessage(`Invalid characters found in message attribute '${name}'.`);
  const number = value.trim();
  if (kind === 'Number' && (number === '' || !Number.isFinite(Number(number)) || !/[0-9]$/.test(number))) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { DataType: type, [field]: value };
}

function readSystemAttributes(given: Input | undefined): Record<string, AttributeValue> {
  const header = given?.structure('AWSTraceHeader');
  const unknown = Object.keys(given?.members ?? {}).find((name) => name !== 'AWSTraceHeader');
  if (unknown !== undefined) throw invalidParameter(`Message system attribute name '${unknown}' is invalid.`);
  return header === undefined ? {} : { AWSTraceHeader: readAttribute('AWSTraceHeader', header) };
}

const sizeOf = (attributes: [string, AttributeValue][]): number =>
  attributes.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value.DataType) + contentOf(value).length,
    0,
  );

const contentOf = (value: AttributeValue): Buffer =>
  value.BinaryValue === undefined ? Buffer.from(value.StringValue ?? '') : Buffer.from(value.BinaryValue, 'base64');

/** The digest that SDKs compare: name, type and value of each attribute in the order of names, each with its length. */
export function attributesMd5(attributes: [string, AttributeValue][]): string | undefined {
  if (attributes.length === 0) return undefined;
  const digest = createHash('md5');
  const add = (part: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    digest.update(length).update(part);
  };
  for (const [name, value] of attributes.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    add(Buffer.from(name));
    add(Buffer.from(value.DataType));
    digest.update(Buffer.from([value.BinaryValue === undefined ? 1 : 2]));
    add(contentOf(value));
  }
  return digest.digest('hex');
}
