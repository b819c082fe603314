import type { EventBridgeClient, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Broker, OutgoingEvent, PublishOutcome, Queue } from './broker.ts';
import { inParallel } from './in-parallel.ts';

interface AwsOptions {
  region: string;
  /** On a laptop; the SDK also reads AWS_ENDPOINT_URL by itself. */
  endpoint?: string | undefined;
  busName: string;
}

interface Clients {
  bus: EventBridgeClient;
  queues: SQSClient;
  queueOf: (client: SQSClient, name: string) => Queue;
}

/** PutEvents takes ten entries and 1 MB in a request. Source: EventBridge quotas; 1 MB since January 2026. */
const entriesPerCall = 10;
const bytesPerCall = 1_040_000;
const callsAtOnce = 8;
const callMs = 4_000;
const lookEveryMs = 60_000;
/** The Time of an entry counts as 14 bytes. Source: EventBridge, "Calculating PutEvents event entry size". */
const timeBytes = 14;

/** Codes after which no second attempt can succeed: the entry, its name, or the bus is wrong. */
const refusing =
  /^(MalformedDetail|NotAuthorizedFor\w+|InvalidArgument|InvalidEvent\w*|Validation\w*|ResourceNotFound\w*|SerializationException|PayloadTooLarge\w*|RequestEntityTooLarge\w*)$/;
/** Codes of a broker that wants less, whoever asks. */
const throttling = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ServiceUnavailable|LimitExceeded/;

/** EventBridge and SQS. Each call has a deadline; the SDK does not repeat calls, the relay and the consumer do. */
export function awsBroker(options: AwsOptions): Broker {
  let opened: Promise<Clients> | undefined;
  const seen: { at?: number } = {};
  const clients = (): Promise<Clients> => {
    opened ??= openClients(options);
    return opened;
  };
  return {
    isAtomic: false,
    publish: async (events, signal) => {
      const { bus } = await clients();
      const doubt = await findBus(bus, options.busName, seen);
      if (doubt) return events.map(() => doubt);
      const send = (piece: Piece): Promise<PublishOutcome[]> =>
        putEvents({ bus, busName: options.busName }, piece, signal);
      const answers = await inParallel(cut(events), callsAtOnce, send);
      return answers.flat();
    },
    queue: (name) => lazyQueue(clients, name),
    close: async () => {
      if (!opened) return;
      const { bus, queues } = await opened;
      bus.destroy();
      queues.destroy();
    },
  };
}

/**
 * PutEvents to a bus that does not exist answers as if all were well, and the events are gone. So the bus is looked for
 * first, and again every minute. Without the right to look we trust the configuration.
 * @returns nothing when it is there, otherwise what that means for events.
 */
async function findBus(
  bus: EventBridgeClient,
  name: string,
  seen: { at?: number },
): Promise<PublishOutcome | undefined> {
  if (seen.at !== undefined && performance.now() - seen.at < lookEveryMs) return undefined;
  const { DescribeEventBusCommand } = await import('@aws-sdk/client-eventbridge');
  try {
    await bus.send(new DescribeEventBusCommand({ Name: name }), { abortSignal: AbortSignal.timeout(callMs) });
  } catch (error) {
    const fault = error instanceof Error ? error.name : 'Unknown';
    if (fault === 'ResourceNotFoundException') {
      delete seen.at;
      return later('UnknownBus', `There is no bus ${name}.`);
    }
    const isTrusted = seen.at !== undefined || fault.startsWith('AccessDenied');
    if (!isTrusted) return later(fault, String(error));
  }
  seen.at = performance.now();
  return undefined;
}

/** The SDK is loaded at the first use: it is most of a process's start. */
async function openClients({ region, endpoint }: AwsOptions): Promise<Clients> {
  const [{ EventBridgeClient }, { SQSClient }, { awsQueue }] = await Promise.all([
    import('@aws-sdk/client-eventbridge'),
    import('@aws-sdk/client-sqs'),
    import('./aws-queue.ts'),
  ]);
  const common = { region, maxAttempts: 1, ...(endpoint && { endpoint }) };
  return { bus: new EventBridgeClient(common), queues: new SQSClient(common), queueOf: awsQueue };
}

function lazyQueue(clients: () => Promise<Clients>, name: string): Queue {
  let made: Promise<Queue> | undefined;
  const queue = (): Promise<Queue> => {
    made ??= clients().then(({ queues, queueOf }) => queueOf(queues, name));
    return made;
  };
  return {
    receive: async (options) => (await queue()).receive(options),
    remove: async (messages) => (await queue()).remove(messages),
    postpone: async (messages, seconds) => (await queue()).postpone(messages, seconds),
    deadLetter: async (message, reason) => (await queue()).deadLetter(message, reason),
  };
}

type Piece = readonly OutgoingEvent[];

/** Pieces that one call takes. An event that is too large even alone makes a piece of its own and is refused by the bus. */
function cut(events: readonly OutgoingEvent[]): Piece[] {
  const pieces: OutgoingEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = timeBytes + Buffer.byteLength(event.detail) + event.source.length + event.type.length;
    const piece = pieces.at(-1);
    if (piece && piece.length < entriesPerCall && bytes + size <= bytesPerCall) {
      piece.push(event);
      bytes += size;
    } else {
      pieces.push([event]);
      bytes = size;
    }
  }
  return pieces;
}

async function putEvents(
  target: { bus: EventBridgeClient; busName: string },
  piece: Piece,
  signal: AbortSignal,
): Promise<PublishOutcome[]> {
  if (signal.aborted) return piece.map(() => later('NotSent', 'The time was used up.'));
  const { PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
  const Entries = piece.map((event) => toEntry(event, target.busName));
  try {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(callMs)]);
    const answer = await target.bus.send(new PutEventsCommand({ Entries }), { abortSignal });
    return piece.map((_, place) => readEntry(answer.Entries?.[place]));
  } catch (error) {
    const outcome = readFault(error);
    if (outcome.outcome !== 'refused' || piece.length === 1) return piece.map(() => outcome);
    // The request was refused as a whole: find out whose fault it was.
    const alone = await inParallel(piece, 1, (event) => putEvents(target, [event], signal));
    return alone.flat();
  }
}

function toEntry(event: OutgoingEvent, busName: string): PutEventsRequestEntry {
  const { source, type, detail, occurredAt } = event;
  return { EventBusName: busName, Source: source, DetailType: type, Detail: detail, Time: occurredAt };
}

function readEntry(entry: PutEventsResultEntry | undefined): PublishOutcome {
  if (entry?.EventId) return { outcome: 'published' };
  const code = entry?.ErrorCode ?? 'NoAnswer';
  const message = entry?.ErrorMessage ?? '';
  if (throttling.test(code)) return later(code, message);
  return { outcome: refusing.test(code) ? 'refused' : 'failed', code, message };
}

/** A fault of the whole call. Missing rights are `later`: they are mended outside and everything then flows again. */
function readFault(error: unknown): PublishOutcome {
  const { name, message } = error instanceof Error ? error : { name: 'Unknown', message: String(error) };
  return refusing.test(name) ? { outcome: 'refused', code: name, message } : later(name, message);
}

const later = (code: string, message: string): PublishOutcome => ({ outcome: 'later', code, message });
