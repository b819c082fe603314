import { accountId, queueArn } from '../identity.ts';
import type { Input } from '../input.ts';
import type { Call, Operation } from '../service.ts';
import { invalidParameter, invalidValue } from './errors.ts';
import { attributesMd5 } from './message-input.ts';
import type { StoredMessage } from './messages.ts';
import type { Queue, Queues } from './queues.ts';
import { handleOf } from './receipt.ts';
import type { SqsState } from './send.ts';
import { sequenceText } from './send.ts';

interface Request {
  queue: Queue;
  max: number;
  visibilityMs: number;
  waitSeconds: number;
  systemNames: Set<string>;
  attributeNames: string[];
}

const systemAttributeNames = new Set([
  'All',
  'SenderId',
  'SentTimestamp',
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'SequenceNumber',
  'MessageDeduplicationId',
  'MessageGroupId',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
]);

export function receiveMessage(state: SqsState): Operation {
  return async (input, call) => {
    const request = readRequest(input, state.queues);
    const deadline = state.now() + request.waitSeconds * 1000;
    const caller = { isGone: false };
    call.onGone(() => {
      caller.isGone = true;
    });
    for (;;) {
      const taken = await take(state, request);
      if (taken.length > 0) {
        if (caller.isGone) await giveBack(state, request.queue, taken);
        else giveBackUndelivered(state, { call, queue: request.queue, taken });
        return { Messages: taken.map((message) => answerOf(message, request, state.queues)) };
      }
      const remaining = deadline - state.now();
      if (remaining <= 0 || caller.isGone) return {};
      const reason = await state.waiting.wait(request.queue.id, remaining, (gone) => call.onGone(gone));
      if (reason !== 'maybe') return {};
    }
  };
}

function readRequest(input: Input, queues: Queues): Request {
  const queue = queues.ofUrl(input.text('QueueUrl'));
  const max = input.integer('MaxNumberOfMessages') ?? 1;
  if (max < 1 || max > 10) {
    throw invalidValue('MaxNumberOfMessages', max, 'Must be between 1 and 10, if provided.');
  }
  const visibility = input.integer('VisibilityTimeout');
  if (visibility !== undefined && (visibility < 0 || visibility > 43_200)) {
    throw invalidValue('VisibilityTimeout', visibility, 'Must be >= 0 and <= 43200, if provided.');
  }
  const waitSeconds = input.integer('WaitTimeSeconds') ?? queue.settings.waitSeconds;
  if (waitSeconds < 0 || waitSeconds > 20) {
    throw invalidValue('WaitTimeSeconds', waitSeconds, 'Must be >= 0 and <= 20, if provided.');
  }
  const systemNames = [...(input.texts('AttributeNames') ?? []), ...(input.texts('MessageSystemAttributeNames') ?? [])];
  const unknown = systemNames.find((name) => !systemAttributeNames.has(name));
  if (unknown !== undefined) throw invalidParameter(`Unknown Attribute ${unknown}.`);
  return {
    queue,
    max,
    visibilityMs: visibility === undefined ? queue.settings.visibilityMs : visibility * 1000,
    waitSeconds,
    systemNames: new Set(systemNames),
    attributeNames: input.texts('MessageAttributeNames') ?? [],
  };
}

async function take({ messages, waiting, faults, now }: SqsState, request: Request): Promise<StoredMessage[]> {
  const { queue, max, visibilityMs } = request;
  if (!messages.hasVisible(queue, now())) return [];
  const shuffle = faults.shuffle('ReceiveMessage', queue.name);
  const taken = await messages.store.write(() => messages.take(queue, { max, visibilityMs, now: now(), ...shuffle }));
  if (taken.length > 0) waiting.signal(queue.id);
  return taken;
}

/** A connection that closes before the answer is written must not take messages with it. */
function giveBackUndelivered(state: SqsState, delivery: { call: Call; queue: Queue; taken: StoredMessage[] }): void {
  delivery.call.onGone(() => {
    giveBack(state, delivery.queue, delivery.taken).catch(() => undefined);
  });
}

async function giveBack({ messages, waiting, now }: SqsState, queue: Queue, taken: StoredMessage[]): Promise<void> {
  await messages.store.write(() => {
    for (const { id, receives, message_id: messageId } of taken) {
      messages.giveBack({ queue: queue.id, id, receives, messageId }, now());
    }
  });
  waiting.signal(queue.id);
}

function answerOf(message: StoredMessage, request: Request, queues: Queues): object {
  const system = request.systemNames.size > 0 ? systemAttributes(message, request, queues) : undefined;
  const attributes = messageAttributes(message, request.attributeNames);
  return {
    MessageId: message.message_id,
    ReceiptHandle: handleOf({
      queue: request.queue.id,
      id: message.id,
      receives: message.receives,
      messageId: message.message_id,
    }),
    MD5OfBody: message.body_md5,
    Body: message.body,
    ...(system && { Attributes: system }),
    ...(attributes.length > 0 && {
      MessageAttributes: Object.fromEntries(attributes),
      MD5OfMessageAttributes: attributesMd5(attributes),
    }),
  };
}

type Attribute = [string, { DataType: string; StringValue?: string; BinaryValue?: string }];

function messageAttributes(message: StoredMessage, names: string[]): Attribute[] {
  if (message.attributes === null || names.length === 0) return [];
  const all = Object.entries(JSON.parse(message.attributes) as Record<string, Attribute[1]>);
  if (names.some((name) => name === 'All' || name === '.*')) return all;
  return all.filter(([name]) =>
    names.some((wanted) => (wanted.endsWith('.*') ? name.startsWith(wanted.slice(0, -2)) : name === wanted)),
  );
}

function systemAttributes(message: StoredMessage, request: Request, queues: Queues): Record<string, string> {
  const sent = (message.system === null ? {} : JSON.parse(message.system)) as Record<string, { StringValue?: string }>;
  const source = message.moved_from === null ? undefined : queues.byId(message.moved_from);
  const all: Record<string, string | undefined> = {
    SenderId: accountId,
    SentTimestamp: String(message.sent_at),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.first_received_at),
    SequenceNumber: request.queue.settings.isFifo ? sequenceText(message.id) : undefined,
    MessageDeduplicationId: sent.MessageDeduplicationId?.StringValue,
    MessageGroupId: message.message_group ?? undefined,
    AWSTraceHeader: sent.AWSTraceHeader?.StringValue,
    DeadLetterQueueSourceArn: source && queueArn(source.name),
  };
  const wanted: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined && (request.systemNames.has('All') || request.systemNames.has(name))) wanted[name] = value;
  }
  return wanted;
}
