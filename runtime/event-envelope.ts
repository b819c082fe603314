import { createHash } from 'node:crypto';
import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import { eventDetail, typeOnBus } from '@millrace/catalog/event.ts';
import { visit } from 'jsonc-parser';
import { z } from 'zod';
import { toPointer } from './json-body.ts';

/** An event as a consumer sees it: checked against its contract. Members that the contract does not know are gone. */
export interface EventEnvelope<Contract extends EventContract = EventContract> {
  id: string;
  type: Contract['name'];
  source: string;
  version: number;
  occurredAt: Date;
  aggregateId: string;
  aggregateVersion: number;
  correlationId: string;
  /** Whatever stood there; reading it is `continueTrace`'s work, and rubbish is no trace. */
  traceparent: unknown;
  data: DataOf<Contract>;
}

/** Why a message can never be applied. `reason` begins with a code and may go on with a JSON pointer. */
export interface Refusal {
  code: 'bad-envelope' | 'bad-event' | 'source-mismatch' | 'unknown-version' | 'too-old';
  reason: string;
  /** Known when the message got so far. */
  eventId?: string;
}

export type ReadEvent<Contract extends EventContract> = { event: EventEnvelope<Contract> } | { refusal: Refusal };

interface Expected<Contract extends EventContract> {
  contracts: readonly Contract[];
  /** Events that occurred before this are refused: the inbox may have forgotten them. */
  oldest: Date;
}

// What EventBridge puts around an event, as far as we rely on it.
const busEnvelope = z.object({
  'detail-type': z.string().min(1),
  source: z.string().min(1),
  detail: z.record(z.string(), z.unknown()),
});

/** Reads the body of a queue's message. Never throws: what is wrong with it is a refusal. */
export function readEvent<Contract extends EventContract>(
  body: string,
  expected: Expected<Contract>,
): ReadEvent<Contract> {
  const parsed = parse(body);
  const envelope = busEnvelope.safeParse(parsed);
  if (!envelope.success) return refuse({ code: 'bad-envelope', reason: 'bad-envelope' });
  const { 'detail-type': type, source, detail } = envelope.data;
  const duplicate = findDuplicateKey(body, parsed);
  if (duplicate) return refuse(badEvent(duplicate, detail.id));
  const named = expected.contracts.filter((contract) => typeOnBus(contract) === type);
  const foreign = named.find((contract) => contract.isForeign);
  if (foreign) return readForeign(foreign, parsed, expected.oldest);
  if (named.length === 0)
    return refuse({ code: 'unknown-version', reason: `unknown-version ${type}`, ...idOf(detail.id) });
  if (named.every((contract) => contract.source !== source)) {
    return refuse({ code: 'source-mismatch', reason: `source-mismatch ${source}`, ...idOf(detail.id) });
  }
  const checked = eventDetail.safeParse(detail);
  if (!checked.success) return refuse(badEvent(pointerOf(checked.error, '/detail'), detail.id));
  return readDetail({ detail: checked.data, type, source, named, oldest: expected.oldest });
}

function readDetail<Contract extends EventContract>(facts: {
  detail: z.output<typeof eventDetail>;
  type: string;
  source: string;
  named: readonly Contract[];
  oldest: Date;
}): ReadEvent<Contract> {
  const { detail, type, source, named, oldest } = facts;
  const { id, version } = detail;
  const contract = named.find((candidate) => candidate.version === version);
  if (!contract) return refuse({ code: 'unknown-version', reason: `unknown-version ${type}@${version}`, eventId: id });
  const occurredAt = new Date(detail.occurredAt);
  if (occurredAt < oldest) return refuse({ code: 'too-old', reason: 'too-old', eventId: id });
  const data = contract.data.safeParse(detail.data);
  if (!data.success) return refuse(badEvent(pointerOf(data.error, '/detail/data'), id));
  const { aggregateId, aggregateVersion, correlationId, traceparent } = detail;
  const identity = { id: id.toLowerCase(), type, source, version, occurredAt };
  const event = { ...identity, aggregateId, aggregateVersion, correlationId, traceparent, data: data.data };
  return { event: event as EventEnvelope<Contract> };
}

// AWS's ids have the form of a UUID and not always its version. Source: S3 User Guide, "EventBridge event message structure".
const foreignEnvelope = z.object({
  id: z.guid(),
  time: z.iso.datetime({ offset: true }),
  source: z.string(),
  detail: z.unknown(),
});

/** An event of AWS itself: what we write into `detail` is taken from the envelope, and `detail` is the data. */
function readForeign<Contract extends EventContract>(contract: Contract, body: unknown, oldest: Date) {
  const envelope = foreignEnvelope.safeParse(body);
  if (!envelope.success) return refuse({ code: 'bad-event', reason: `bad-event ${pointerOf(envelope.error, '')}` });
  const { time, source, detail } = envelope.data;
  const id = envelope.data.id.toLowerCase();
  if (source !== contract.source) {
    return refuse({ code: 'source-mismatch', reason: `source-mismatch ${source}`, eventId: id });
  }
  const occurredAt = new Date(time);
  if (occurredAt < oldest) return refuse({ code: 'too-old', reason: 'too-old', eventId: id });
  const data = contract.data.safeParse(detail);
  if (!data.success) {
    return refuse({ code: 'bad-event', reason: `bad-event ${pointerOf(data.error, '/detail')}`, eventId: id });
  }
  const identity = { id, type: contract.name, source, version: contract.version, occurredAt, correlationId: id };
  const aggregate = { aggregateId: aggregateOf(data.data, id), aggregateVersion: 1 };
  const event = { ...identity, ...aggregate, traceparent: undefined, data: data.data };
  return { event: event as EventEnvelope<Contract> };
}

const storedObject = z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) });
const longestAggregateId = 128;

/** What an event of AWS is about: an object of S3 by bucket and key, or their hash where they are too long; else the event. */
function aggregateOf(data: unknown, id: string): string {
  const stored = storedObject.safeParse(data);
  if (!stored.success) return id;
  const path = `${stored.data.bucket.name}/${stored.data.object.key}`;
  return path.length <= longestAggregateId ? path : createHash('sha256').update(path).digest('hex');
}

const refuse = (refusal: Refusal): { refusal: Refusal } => ({ refusal });
const idOf = (id: unknown): { eventId?: string } => {
  const parsed = z.uuid().safeParse(id);
  return parsed.success ? { eventId: parsed.data.toLowerCase() } : {};
};
const badEvent = (pointer: string, id: unknown): Refusal => ({
  code: 'bad-event',
  reason: `bad-event ${pointer}`,
  ...idOf(id),
});
const pointerOf = (error: z.ZodError, prefix: string): string => prefix + toPointer(error.issues[0]?.path ?? []);

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Parsers disagree about a key that stands twice. Counting colons is cheap; the careful look comes only when they do not add up. */
function findDuplicateKey(body: string, parsed: unknown): string | undefined {
  if (countColons(body) === countKeys(parsed)) return undefined;
  const stack: Set<string>[] = [];
  let found: string | undefined;
  visit(body, {
    onObjectBegin: () => {
      stack.push(new Set());
    },
    onObjectEnd: () => {
      stack.pop();
    },
    onObjectProperty: (name, _offset, _length, _line, _column, path) => {
      if (stack.at(-1)?.has(name)) found ??= toPointer([...path(), name]);
      stack.at(-1)?.add(name);
    },
  });
  return found;
}

function countColons(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 58) count += 1;
    else if (code === 34) at = endOfString(text, at);
  }
  return count;
}

/** Where the string that begins at `start` ends: the next quote that an even number of backslashes precedes. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let before = end - 1;
    while (text.charCodeAt(before) === 92) before -= 1;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Without recursion: a message may be nested as deep as JSON.parse goes. */
function countKeys(value: unknown): number {
  let count = 0;
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) count += Object.keys(next).length;
    for (const inner of Object.values(next)) if (typeof inner === 'object' && inner !== null) waiting.push(inner);
  }
  return count;
}
