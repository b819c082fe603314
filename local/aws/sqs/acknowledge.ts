import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import { answerEach, readEntries } from './batch.ts';
import { invalidValue, missingParameter, notInFlight, receiptGone } from './errors.ts';
import type { Queue } from './queues.ts';
import { receiptOf } from './receipt.ts';
import type { SqsState } from './send.ts';

export function deleteMessage(state: SqsState): Operation {
  return async (input) => {
    const queue = state.queues.ofUrl(input.text('QueueUrl'));
    const receipt = receiptOf(requiredHandle(input), queue.id);
    await state.messages.store.write(() => state.messages.delete(receipt));
    noticeDeletion(state, queue);
    return {};
  };
}

export function deleteMessageBatch(state: SqsState): Operation {
  return async (input) => {
    const queue = state.queues.ofUrl(input.text('QueueUrl'));
    const entries = readEntries(input, 'DeleteMessageBatchRequestEntry');
    const answer = await state.messages.store.write(() =>
      answerEach(entries, (entry) => {
        state.messages.delete(receiptOf(requiredHandle(entry), queue.id));
        return {};
      }),
    );
    noticeDeletion(state, queue);
    return answer;
  };
}

export function changeMessageVisibility(state: SqsState): Operation {
  return async (input) => {
    const queue = state.queues.ofUrl(input.text('QueueUrl'));
    await state.messages.store.write(() => postpone(state, queue, input));
    noticeChange(state, queue);
    return {};
  };
}

export function changeMessageVisibilityBatch(state: SqsState): Operation {
  return async (input) => {
    const queue = state.queues.ofUrl(input.text('QueueUrl'));
    const entries = readEntries(input, 'ChangeMessageVisibilityBatchRequestEntry');
    const answer = await state.messages.store.write(() =>
      answerEach(entries, (entry) => postpone(state, queue, entry)),
    );
    noticeChange(state, queue);
    return answer;
  };
}

function postpone(state: SqsState, queue: Queue, input: Input): object {
  const handle = requiredHandle(input);
  const seconds = input.integer('VisibilityTimeout');
  if (seconds === undefined) throw missingParameter('VisibilityTimeout');
  if (seconds < 0 || seconds > 43_200) {
    throw invalidValue('VisibilityTimeout', seconds, 'VisibilityTimeout must be an integer between 0 and 43200');
  }
  const now = state.now();
  const outcome = state.messages.postpone(receiptOf(handle, queue.id), now + seconds * 1000, now);
  if (outcome === 'gone') throw receiptGone(handle);
  if (outcome === 'visible') throw notInFlight();
  return {};
}

function requiredHandle(input: Input): string {
  const handle = input.text('ReceiptHandle');
  if (handle === undefined || handle === '') throw missingParameter('ReceiptHandle');
  return handle;
}

/** The next message of a group may be had when the one before it is deleted. */
function noticeDeletion({ waiting }: SqsState, queue: Queue): void {
  if (queue.settings.isFifo) waiting.signal(queue.id);
}

function noticeChange({ waiting }: SqsState, queue: Queue): void {
  waiting.signal(queue.id);
  waiting.retime(queue.id);
}
