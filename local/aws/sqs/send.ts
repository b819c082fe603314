import type { FaultGate } from '../faults.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import { answerEach, readEntries } from './batch.ts';
import { batchError } from './errors.ts';
import type { NewMessage } from './message-input.ts';
import { readMessage } from './message-input.ts';
import type { Messages } from './messages.ts';
import type { Queue, Queues } from './queues.ts';
import type { Waiting } from './waiting.ts';

export interface SqsState {
  queues: Queues;
  messages: Messages;
  waiting: Waiting;
  faults: FaultGate;
  now: () => number;
}

const maxBatchBytes = 1_048_576;

export function sendMessage({ queues, messages, waiting, faults, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const message = readMessage(input, queue.settings);
    const copies = faults.copies('SendMessage', queue.name);
    const added = await messages.store.write(() => addCopies(messages, { queue, message, copies, now: now() }));
    noticeMessage(waiting, queue, message.delayMs);
    return answerOf(queue, message, added);
  };
}

export function sendMessageBatch({ queues, messages, waiting, faults, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const entries = readEntries(input, 'SendMessageBatchRequestEntry');
    const read = new Map<string, NewMessage>();
    const bytes = entries.reduce((sum, [, entry]) => sum + Buffer.byteLength(entry.text('MessageBody') ?? ''), 0);
    if (bytes > maxBatchBytes) {
      throw batchError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${maxBatchBytes} bytes. You have sent ${bytes} bytes.`,
      );
    }
    const refused = answerEach(entries, (entry: Input, id) => {
      read.set(id, readMessage(entry, queue.settings));
      return {};
    }).Failed;
    const successful = await messages.store.write(() =>
      [...read].map(([id, message]) => {
        const copies = faults.copies('SendMessage', queue.name);
        return { Id: id, ...answerOf(queue, message, addCopies(messages, { queue, message, copies, now: now() })) };
      }),
    );
    for (const message of read.values()) noticeMessage(waiting, queue, message.delayMs);
    return { Successful: successful, ...(refused.length > 0 && { Failed: refused }) };
  };
}

interface Adding {
  queue: Queue;
  message: NewMessage;
  copies: number;
  now: number;
}

/** Inside a write: adds the message, and more of it when a fault is injected. */
export function addCopies(
  messages: Messages,
  { queue, message, copies, now }: Adding,
): { messageId: string; sequence: number } {
  const first = messages.add(queue, message, now);
  for (let copy = 1; copy < copies; copy += 1) messages.add(queue, message, now);
  return first;
}

/** After a write: wakes a receiver. */
export function noticeMessage(waiting: Waiting, queue: Queue, delayMs: number): void {
  if (delayMs > 0) waiting.retime(queue.id);
  else waiting.signal(queue.id);
}

function answerOf(queue: Queue, message: NewMessage, added: { messageId: string; sequence: number }): object {
  return {
    MessageId: added.messageId,
    MD5OfMessageBody: message.bodyMd5,
    ...(message.attributesMd5 && { MD5OfMessageAttributes: message.attributesMd5 }),
    ...(message.systemMd5 && { MD5OfMessageSystemAttributes: message.systemMd5 }),
    ...(queue.settings.isFifo && { SequenceNumber: sequenceText(added.sequence) }),
  };
}

/** Twenty digits, so that texts compare as numbers do. */
export const sequenceText = (sequence: number): string => String(sequence).padStart(20, '1');
