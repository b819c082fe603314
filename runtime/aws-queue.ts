import type { Message as SqsMessage } from '@aws-sdk/client-sqs';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Message, Queue } from './broker.ts';
import { inParallel, inPieces } from './in-parallel.ts';

/** SQS takes at most ten messages in a call. Source: SQS quotas. */
const batchSize = 10;
const callsAtOnce = 8;
const callMs = 5_000;
const longestPollSeconds = 20;

/** The queues of one account and region. */
export interface AwsQueues {
  open(name: string): Queue;
  close(): void;
}

/** Opens the queues of an account and region, found by their names. */
export function openAwsQueues(options: { region: string; endpoint?: string; maxAttempts: number }): AwsQueues {
  const client = new SQSClient(options);
  return { open: (name) => awsQueue(client, name), close: () => client.destroy() };
}

/** A queue of SQS and, beside it, its dead-letter queue, which has the same name with `-dlq`. */
function awsQueue(client: SQSClient, name: string): Queue {
  const url = queueUrl(client, name);
  const deadUrl = queueUrl(client, `${name}-dlq`);
  const soon = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callMs) });
  const poll = async (count: number, waitSeconds: number, signal: AbortSignal): Promise<Message[]> => {
    const command = receiveFrom(await url(), { count, waitSeconds });
    const limit = AbortSignal.timeout(waitSeconds * 1_000 + callMs);
    const { Messages = [] } = await client.send(command, { abortSignal: AbortSignal.any([signal, limit]) });
    return Messages.map(toMessage);
  };
  return {
    receive: async ({ max, waitSeconds, signal }) => {
      try {
        const first = await poll(max, waitSeconds, signal);
        if (first.length < batchSize || first.length >= max) return first;
        return await receiveMore({ first, max, signal, poll });
      } catch (error) {
        if (signal.aborted) return [];
        throw error;
      }
    },
    remove: async (messages) => {
      await inParallel(inPieces(messages, batchSize), callsAtOnce, async (piece) => {
        const Entries = piece.map(({ handle }, place) => ({ Id: String(place), ReceiptHandle: handle }));
        const { Failed = [] } = await client.send(
          new DeleteMessageBatchCommand({ QueueUrl: await url(), Entries }),
          soon(),
        );
        if (Failed[0]) throw new Error(`SQS did not delete ${Failed.length} messages: ${Failed[0].Code}`);
      });
    },
    postpone: async (messages, seconds) => {
      await inParallel(inPieces(messages, batchSize), callsAtOnce, async (piece) => {
        const Entries = piece.map(({ handle }, place) => ({
          Id: String(place),
          ReceiptHandle: handle,
          VisibilityTimeout: seconds,
        }));
        // An entry that fails is a message that is visible again already.
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: await url(), Entries }), soon());
      });
    },
    deadLetter: async ({ body, handle, redrives = 0 }, reason) => {
      const MessageAttributes = {
        reason: { DataType: 'String', StringValue: printable(reason) },
        // Kept, so that redrive.ts knows what failed again.
        redrives: { DataType: 'Number', StringValue: String(redrives) },
      };
      const dead = new SendMessageCommand({ QueueUrl: await deadUrl(), MessageBody: body, MessageAttributes });
      await client.send(dead, soon());
      const Entries = [{ Id: '0', ReceiptHandle: handle }];
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: await url(), Entries }), soon());
    },
  };
}

function receiveFrom(url: string, wish: { count: number; waitSeconds: number }): ReceiveMessageCommand {
  return new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: Math.min(wish.count, batchSize),
    WaitTimeSeconds: Math.min(wish.waitSeconds, longestPollSeconds),
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    MessageAttributeNames: ['redrives'],
  });
}

/** After a full first answer: several short polls at once, until one is not full. What was received is never thrown away. */
async function receiveMore(options: {
  first: Message[];
  max: number;
  signal: AbortSignal;
  poll: (count: number, waitSeconds: number, signal: AbortSignal) => Promise<Message[]>;
}): Promise<Message[]> {
  const { first, max, signal, poll } = options;
  const all = [...first];
  for (let isFull = true; isFull && all.length < max && !signal.aborted; ) {
    const counts = inPieces(Array.from({ length: max - all.length }), batchSize).map((piece) => piece.length);
    // Not aborted by closing: a message that the server has just handed out would be hidden until its visibility ends.
    const calls = counts.slice(0, callsAtOnce).map((count) => poll(count, 0, new AbortController().signal));
    const answers = await Promise.allSettled(calls);
    for (const answer of answers) if (answer.status === 'fulfilled') all.push(...answer.value);
    isFull = answers.every((answer, place) => answer.status === 'fulfilled' && answer.value.length === counts[place]);
  }
  return all;
}

/** Asks for the queue's address once; after a failure the next call asks again. */
function queueUrl(client: SQSClient, name: string): () => Promise<string> {
  let known: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const answer = await client.send(new GetQueueUrlCommand({ QueueName: name }), {
      abortSignal: AbortSignal.timeout(callMs),
    });
    if (!answer.QueueUrl) throw new Error(`SQS gave no address for ${name}.`);
    return answer.QueueUrl;
  };
  return async () => {
    known ??= ask();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}

function toMessage(message: SqsMessage): Message {
  return {
    id: message.MessageId ?? '',
    body: message.Body ?? '',
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    redrives: Number(message.MessageAttributes?.['redrives']?.StringValue ?? 0),
    handle: message.ReceiptHandle ?? '',
  };
}

/** Attributes take what XML can hold, and not nothing. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?') || 'unknown';
