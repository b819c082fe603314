import type { FaultGate } from '../faults.ts';
import { queueNameOfArn } from '../identity.ts';
import type { NewMessage } from '../sqs/message-input.ts';
import { attributesMd5, md5 } from '../sqs/message-input.ts';
import type { Messages } from '../sqs/messages.ts';
import type { Queue, Queues } from '../sqs/queues.ts';
import type { Target } from './buses.ts';

export interface Delivery {
  ruleArn: string;
  target: Target;
  /** What the target receives. */
  body: string;
  /** The whole event, for the dead-letter queue. */
  event: string;
  attempts: number;
  createdAt: number;
  /** It has waited already: an injected delay does not delay it again. */
  isLate?: boolean;
}

export interface DeliveryState {
  queues: Queues;
  messages: Messages;
  faults: FaultGate;
  now: () => number;
  random: () => number;
}

interface Failure {
  code: string;
  message: string;
  isFinal: boolean;
}

const usualAttempts = 185;
const usualAgeSeconds = 86_400;
const longestWaitMs = 60_000;

/**
 * Inside a write: puts an event into its queue, or notes when to try again, or puts it into the dead-letter queue.
 * Returns the queue that has a new message.
 */
export function deliver(state: DeliveryState, delivery: Delivery): Queue | undefined {
  const { faults, now } = state;
  const name = queueNameOfArn(delivery.target.Arn);
  const queue = name === undefined ? undefined : state.queues.find(name);
  if (queue === undefined) return giveUp(state, delivery, noResource(delivery.target.Arn));
  const delayMs = delivery.isLate ? 0 : faults.delayMs('Deliver', queue.name);
  if (delayMs > 0) {
    save(state, delivery, now() + delayMs, 0);
    return undefined;
  }
  const refusal = faults.refusal('Deliver', queue.name);
  const failure = refusal
    ? { code: refusal.queryCode, message: refusal.message, isFinal: false }
    : unfit(queue, delivery);
  if (failure !== undefined) return retryLater(state, delivery, failure);
  for (let copy = faults.copies('Deliver', queue.name); copy > 0; copy -= 1) {
    state.messages.add(queue, messageOf(queue, delivery), now());
  }
  return queue;
}

const noResource = (arn: string): Failure => ({
  code: 'NO_RESOURCE',
  message: `The target does not exist or is no SQS queue of this endpoint: ${arn}`,
  isFinal: true,
});

function unfit(queue: Queue, { body, target }: Delivery): Failure | undefined {
  if (Buffer.byteLength(body) > queue.settings.maxMessageBytes) {
    const message = `Message must be shorter than ${queue.settings.maxMessageBytes} bytes.`;
    return { code: 'INVALID_PARAMETER', message, isFinal: true };
  }
  if (queue.settings.isFifo && target.SqsParameters?.MessageGroupId === undefined) {
    return {
      code: 'INVALID_PARAMETER',
      message: 'The request must contain the parameter MessageGroupId.',
      isFinal: true,
    };
  }
  return undefined;
}

function retryLater(state: DeliveryState, delivery: Delivery, failure: Failure): Queue | undefined {
  if (failure.isFinal) return giveUp(state, delivery, failure);
  const policy = delivery.target.RetryPolicy ?? {};
  const ageMs = (policy.MaximumEventAgeInSeconds ?? usualAgeSeconds) * 1000;
  if (delivery.attempts >= (policy.MaximumRetryAttempts ?? usualAttempts)) {
    return giveUp(state, delivery, failure, 'MaximumRetryAttempts');
  }
  const waitMs = Math.min(longestWaitMs, 1000 * 2 ** Math.min(delivery.attempts, 10)) * (0.5 + state.random() / 2);
  const dueAt = state.now() + Math.ceil(waitMs);
  if (dueAt > delivery.createdAt + ageMs) return giveUp(state, delivery, failure, 'MaximumEventAgeInSeconds');
  save(state, delivery, dueAt, delivery.attempts + 1);
  return undefined;
}

function save({ messages }: DeliveryState, delivery: Delivery, dueAt: number, attempts: number): void {
  messages.store.run(
    'insert into delivery (due_at, created_at, attempts, rule_arn, target, body, event) values (?, ?, ?, ?, ?, ?, ?)',
    dueAt,
    delivery.createdAt,
    attempts,
    delivery.ruleArn,
    JSON.stringify(delivery.target),
    delivery.body,
    delivery.event,
  );
}

/** Without a dead-letter queue the event is dropped, as on AWS. */
function giveUp(state: DeliveryState, delivery: Delivery, failure: Failure, exhausted?: string): Queue | undefined {
  const queue = state.queues.find(queueNameOfArn(delivery.target.DeadLetterConfig?.Arn ?? '') ?? '');
  if (queue === undefined || queue.settings.isFifo) return undefined;
  const facts: Record<string, string> = {
    RULE_ARN: delivery.ruleArn,
    TARGET_ARN: delivery.target.Arn,
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    RETRY_ATTEMPTS: String(delivery.attempts),
    ...(exhausted && { EXHAUSTED_RETRY_CONDITION: exhausted }),
  };
  const attributes = Object.entries(facts).map(([name, value]): [string, { DataType: string; StringValue: string }] => [
    name,
    { DataType: 'String', StringValue: value },
  ]);
  const message = {
    ...messageOf(queue, { ...delivery, body: delivery.event }),
    attributes: JSON.stringify(Object.fromEntries(attributes)),
  };
  state.messages.add(queue, { ...message, attributesMd5: attributesMd5(attributes) }, state.now());
  return queue;
}

function messageOf(queue: Queue, { body, target }: Delivery): NewMessage {
  const digest = md5(body);
  return {
    body,
    bodyMd5: digest,
    attributes: null,
    attributesMd5: undefined,
    system: null,
    systemMd5: undefined,
    delayMs: queue.settings.delayMs,
    group: target.SqsParameters?.MessageGroupId ?? null,
    deduplicationKey: queue.settings.isFifo ? digest : undefined,
    bytes: Buffer.byteLength(body),
  };
}

interface DeliveryRow {
  id: number;
  created_at: number;
  attempts: number;
  rule_arn: string;
  target: string;
  body: string;
  event: string;
}

const dueTogether = 200;

/** Tries what is due; returns the queues that have new messages. */
export function deliverDue(state: DeliveryState): Promise<Queue[]> {
  return state.messages.store.write(() => {
    const rows = state.messages.store.all<DeliveryRow>(
      'select * from delivery where due_at <= ? order by due_at limit ?',
      state.now(),
      dueTogether,
    );
    return rows.flatMap((row) => {
      state.messages.store.run('delete from delivery where id = ?', row.id);
      const target = JSON.parse(row.target) as Target;
      const delivery = { ruleArn: row.rule_arn, target, body: row.body, event: row.event, createdAt: row.created_at };
      const queue = deliver(state, { ...delivery, attempts: row.attempts, isLate: true });
      return queue === undefined ? [] : [queue];
    });
  });
}

export const hasDue = ({ messages, now }: DeliveryState): boolean =>
  messages.store.get('select 1 from delivery where due_at <= ? limit 1', now()) !== undefined;
