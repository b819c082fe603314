// The SDK is imported here by name, and this file only when it is needed: a bundle then holds what is used of it.
import type { PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { OutgoingEvent, PublishOutcome } from './broker.ts';
import { inParallel } from './in-parallel.ts';

/** A bus of EventBridge. */
export interface AwsBus {
  publish(events: readonly OutgoingEvent[], signal: AbortSignal): Promise<PublishOutcome[]>;
  close(): void;
}

interface BusOptions {
  region: string;
  endpoint?: string;
  maxAttempts: number;
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

/** Opens an EventBridge bus. What a call makes of each entry is its outcome; only a call that says nothing rejects. */
export function openAwsBus(options: BusOptions, busName: string): AwsBus {
  const bus = new EventBridgeClient(options);
  const seen: { at?: number } = {};
  return {
    publish: async (events, signal) => {
      const doubt = await findBus(bus, busName, seen);
      if (doubt) return events.map(() => doubt);
      const send = (piece: Piece): Promise<PublishOutcome[]> => putEvents({ bus, busName }, piece, signal);
      const answers = await inParallel(cut(events), callsAtOnce, send);
      return answers.flat();
    },
    close: () => bus.destroy(),
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
