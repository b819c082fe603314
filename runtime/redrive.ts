import { createHash } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** Which queue gets its dead letters back. */
interface RedriveOptions {
  region: string;
  /** On a laptop. */
  endpoint?: string | undefined;
  /** The queue; its dead letters are in the queue of that name with `-dlq`. */
  queue: string;
  /** Takes those too that failed again after an earlier run: whoever read their reasons has mended something since. */
  isInsisting?: boolean;
}

/** What a redrive did. `stoppedAt` names the dead letter that failed after a redrive too. */
export interface Redriven {
  moved: number;
  stoppedAt?: { body: string; reason: string; redrives: number };
}

const callMs = 5_000;
/** SQS takes at most ten messages in a call. Source: SQS quotas. */
const atOnce = 10;

/**
 * Moves dead letters back to their queue until none is left. It stops at the first one that failed again after it had
 * been moved, now or in an earlier run: what killed it is not mended. A crash in between moves one message twice, which
 * the inbox is for.
 */
export async function redrive(options: RedriveOptions): Promise<Redriven> {
  const { region, endpoint, queue, isInsisting = false } = options;
  const client = new SQSClient({ region, ...(endpoint && { endpoint }) });
  try {
    const [to, from] = await Promise.all([urlOf(client, queue), urlOf(client, `${queue}-dlq`)]);
    const seen = new Set<string>();
    for (let moved = 0; ; ) {
      const letters = await receive(client, from);
      if (letters.length === 0) return { moved };
      for (const letter of letters) {
        const redrives = Number(letter.MessageAttributes?.['redrives']?.StringValue ?? 0);
        const digest = createHash('sha256')
          .update(letter.Body ?? '')
          .digest('base64');
        const isHopeless = redrives > 0 && (seen.has(digest) || !isInsisting);
        if (isHopeless) return { moved, stoppedAt: describe(letter, redrives) };
        await move(client, letter, { from, to, redrives: redrives + 1 });
        seen.add(digest);
        moved += 1;
      }
    }
  } finally {
    client.destroy();
  }
}

const soon = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callMs) });

async function urlOf(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }), soon());
  if (!QueueUrl) throw new Error(`SQS gave no address for ${name}.`);
  return QueueUrl;
}

async function receive(client: SQSClient, from: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: from,
    MaxNumberOfMessages: atOnce,
    WaitTimeSeconds: 1,
    MessageAttributeNames: ['redrives', 'reason'],
  });
  const { Messages = [] } = await client.send(command, soon());
  return Messages;
}

async function move(
  client: SQSClient,
  letter: Message,
  way: { from: string; to: string; redrives: number },
): Promise<void> {
  const again = new SendMessageCommand({
    QueueUrl: way.to,
    MessageBody: letter.Body,
    MessageAttributes: { redrives: { DataType: 'Number', StringValue: String(way.redrives) } },
  });
  await client.send(again, soon());
  await client.send(new DeleteMessageCommand({ QueueUrl: way.from, ReceiptHandle: letter.ReceiptHandle }), soon());
}

function describe(letter: Message, redrives: number): NonNullable<Redriven['stoppedAt']> {
  const reason = letter.MessageAttributes?.['reason']?.StringValue ?? 'unknown';
  return { body: letter.Body ?? '', reason, redrives };
}
